package ringside.isa;

import java.util.ArrayList;
import java.util.Locale;

/** The words that may begin a statement. */
final class Vocabulary {
    private final MnemonicTable mnemonics;

    Vocabulary(MnemonicTable mnemonics) {
        this.mnemonics = mnemonics;
    }

    boolean isInstruction(Token word) {
        return word.kind() == Token.Kind.NAME && mnemonics.isKnown(word.text().toLowerCase(Locale.ROOT));
    }

    /** Whether a word begins a statement, so that it is no label. */
    boolean isWord(Token token) {
        if (token.kind() != Token.Kind.NAME) {
            return false;
        }
        var word = token.text().toLowerCase(Locale.ROOT);
        return mnemonics.isKnown(word)
                || Prefixes.isPrefix(word)
                || DataWriter.NAMES.contains(word)
                || Directives.NAMES.contains(word)
                || word.equals("times")
                || word.equals("equ");
    }

    /** Whether NASM takes a word for a prefix or a directive even with a colon after it. */
    boolean isNoLabel(Token token) {
        var word = token.text().toLowerCase(Locale.ROOT);
        return Prefixes.isPrefix(word)
                || word.equals("times")
                || Directives.NAMES.contains(word) && !Directives.POSSIBLE_LABELS.contains(word);
    }

    /** Says what may have been meant by a word that is not known. */
    SourceError unknown(Token word, Token after) {
        return new SourceError(
                word.column(),
                SourceWording.UNKNOWN_INSTRUCTION.with(word.text()),
                after.is("=")
                        ? SourceWording.CONSTANT_EQU.with(word.text())
                        : hint(word).orElse(SourceWording.UNKNOWN_INSTRUCTION_HINT.with()));
    }

    private Message hint(Token word) {
        var known = new ArrayList<>(mnemonics.names());
        known.addAll(DataWriter.NAMES);
        known.addAll(Directives.NAMES);
        known.add("times");
        return Suggestions.of(word.text(), known, "");
    }

    /** A name alone in its line is a label; one that looks like an instruction is a mistake. */
    void refuseMisspelling(Token word) {
        var nearest = Suggestions.nearest(word.text(), mnemonics.names());
        if (!nearest.isEmpty() && Suggestions.distance(word.text().toLowerCase(Locale.ROOT), nearest, 1) <= 1) {
            throw new SourceError(
                    word.column(),
                    SourceWording.MISSPELLED.with(word.text()),
                    SourceWording.MISSPELLED_HINT.with(hint(word)));
        }
    }

    /**
     * Whether a repeated statement may give other bytes at another place: a jump, an instruction with a label, a
     * directive.
     */
    boolean dependsOnPlace(Iterable<Token> statement) {
        boolean first = true;
        for (Token token : statement) {
            if (first) {
                if (DataWriter.isDirective(token.text())) {
                    return false;
                }
                var name = token.text().toLowerCase(Locale.ROOT);
                if (!mnemonics.isKnown(name) || name.matches("j.*|loop.*|call")) {
                    return true;
                }
                first = false;
            } else if (token.is("$") || token.is("$$") || isSymbol(token)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isSymbol(Token token) {
        return token.kind() == Token.Kind.NAME
                && NamedRegister.of(token.text()).isEmpty()
                && OperandParser.sizeOf(token) == 0;
    }
}
