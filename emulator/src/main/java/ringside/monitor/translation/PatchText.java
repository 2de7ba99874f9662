package ringside.monitor.translation;

import java.util.ArrayList;
import java.util.List;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.CodeSource;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.Disassembler;
import ringside.isa.OperandKind;
import ringside.isa.UndefinedInstruction;
import ringside.memory.Ram;
import ringside.monitor.Translation;
import ringside.monitor.translation.Patch.Entry;

/** Kernel code in raw mode for people: its bytes as the processor finds them, with the patches that stand for some of them. */
final class PatchText {
    private static final int MOST_ROWS = 12;

    private final Decoder decoder = InstructionSet.decoder();

    /** The guest's instructions from an address on, up to a patch and all of it, or up to where they lead elsewhere. */
    Translation block(PatchMemory memory, CodePage page, Ram ram, long linear) {
        List<Translation.Row> rows = new ArrayList<>();
        byte[] copy = ram.readable(page.copy());
        for (Patch patch : page.patches()) {
            if (linear >= patch.linear() && linear < patch.end()) {
                addPatch(rows, memory, patch, copy, page);
                return new Translation(true, rows);
            }
        }
        int at = page.offset(linear);
        boolean goesOn = true;
        while (goesOn && rows.size() < MOST_ROWS && at < Ram.FRAME_SIZE && page.isKnown(at)) {
            var patch = page.patchAt(at);
            if (patch.isPresent()) {
                addPatch(rows, memory, patch.get(), copy, page);
                break;
            }
            Piece here = piece(copy, at, page.linear() + at);
            rows.add(new Translation.Row(page.linear() + at, List.of(here.line)));
            goesOn = here.goesOn;
            at += here.length;
        }
        return new Translation(true, rows);
    }

    private void addPatch(List<Translation.Row> rows, PatchMemory memory, Patch patch, byte[] copy, CodePage page) {
        byte[] bytes = memory.bytes(patch.start(), patch.size());
        List<Entry> entries = patch.entries();
        for (int i = 0; i < entries.size(); i++) {
            int from = entries.get(i).at();
            int to = i + 1 < entries.size() ? entries.get(i + 1).at() : patch.start() + patch.size();
            List<Translation.Line> lines = new ArrayList<>();
            if (i == 0) {
                lines.add(piece(copy, page.offset(patch.linear()), patch.linear()).line);
            }
            int at = from;
            while (at < to) {
                Piece piece = piece(bytes, at - patch.start(), memory.linear(at));
                lines.add(piece.line);
                at += piece.length;
            }
            rows.add(new Translation.Row(entries.get(i).linear(), lines));
        }
    }

    private record Piece(Translation.Line line, int length, boolean goesOn) {}

    private Piece piece(byte[] bytes, int at, long linear) {
        try {
            Decoded decoded = decoder.decode(CodeSource.of(bytes, at), 32);
            String text = String.format("%x: %s", linear, Disassembler.text(decoded, linear));
            boolean goesOn = !decoded.form.has(OperandKind.REL);
            return new Piece(new Translation.Line(text, word(decoded)), decoded.length, goesOn);
        } catch (UndefinedInstruction | ArrayIndexOutOfBoundsException changed) {
            String text = String.format("%x: db 0x%x", linear, bytes[at] & 0xFF);
            return new Piece(new Translation.Line(text, ""), 1, false);
        }
    }

    /** What a patch means by these instructions stands in no manual. */
    private static String word(Decoded decoded) {
        return switch (decoded.form.mnemonic()) {
            case "INT3" -> "INT3";
            case "UD2" -> "UD2";
            default -> "";
        };
    }
}
