package ringside.session;

import java.util.List;

/** The words of a source that an editor should colour, in lower case. */
public record AssemblyWords(List<String> mnemonics, List<String> registers, List<String> directives) {
    public AssemblyWords {
        mnemonics = List.copyOf(mnemonics);
        registers = List.copyOf(registers);
        directives = List.copyOf(directives);
    }
}
