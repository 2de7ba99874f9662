package ringside.isa;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever a source says, the assembler answers with a program or with errors. */
class AssemblerFuzzTest {
    private static final int SOURCES = 20_000;
    private static final List<String> WORDS = List.of(
            "mov",
            "add",
            "jmp",
            "push",
            "lea",
            "db",
            "dw",
            "dq",
            "times",
            "resb",
            "equ",
            "align",
            "section",
            "bits",
            "org",
            "struc",
            "endstruc",
            "istruc",
            "at",
            "iend",
            "absolute",
            "default",
            "rel",
            "incbin",
            "ax",
            "eax",
            "rax",
            "al",
            "ah",
            "r8",
            "es",
            "cr0",
            "dr7",
            "cl",
            "byte",
            "word",
            "dword",
            "qword",
            "short",
            "near",
            "far",
            "strict",
            "[",
            "]",
            "(",
            ")",
            "+",
            "-",
            "*",
            "/",
            "%",
            "//",
            "%%",
            "<<",
            ">>",
            "&",
            "|",
            "^",
            "~",
            "!",
            "?",
            ":",
            ",",
            "$",
            "$$",
            "0",
            "1",
            "-1",
            "0x7fffffffffffffff",
            "16",
            "32",
            "64",
            "'a'",
            "\"",
            "`\\x`",
            "1.5",
            "a",
            ".b",
            "a.b",
            "..@c",
            "%define",
            "%macro",
            "%endmacro",
            "%rep",
            "%endrep",
            "%if",
            "%else",
            "%endif",
            "%ifdef",
            "%assign",
            "%xdefine",
            "%1",
            "%0",
            "%%l",
            "%{1:2}",
            "%{-1:1}",
            "%+",
            "%[",
            "%rotate",
            "%include",
            "%exitrep",
            "%undef",
            "%strlen",
            "%substr",
            "%push",
            "%pop",
            "%$x",
            "m",
            "x",
            "rep",
            "lock",
            "o32",
            "a16",
            "movzx",
            "in",
            "out",
            "int",
            "loop",
            "call",
            "shl",
            "imul",
            "xchg",
            "\n",
            "\n",
            "\n",
            "\n",
            "\\\n",
            ";@ milestone z\n",
            "{",
            "}",
            "=",
            "é",
            "\u0000",
            "@",
            "#");

    @Test
    void randomTextNeverThrows() {
        var assembler = new Assembler(TestTable.forms());
        var random = new Random(20_000);
        int programs = 0;
        for (int i = 0; i < SOURCES; i++) {
            var source = text(random);
            var result =
                    assembler.assemble(new Source("fuzz.asm", source, SourceFolder.NONE, 16 << random.nextInt(3), 0));
            assertThat(result.program().isPresent())
                    .as(source)
                    .isEqualTo(result.errors().isEmpty());
            assertThat(result.errors())
                    .allMatch(e -> e.line() >= 1 && e.column() >= 1 && !e.text().isEmpty());
            programs += result.program().isPresent() ? 1 : 0;
        }
        assertThat(programs).as("some of it is even right").isPositive();
    }

    static String text(Random random) {
        var text = new StringBuilder();
        int length = 1 + random.nextInt(30);
        for (int i = 0; i < length; i++) {
            text.append(WORDS.get(random.nextInt(WORDS.size())));
            if (random.nextInt(4) != 0) {
                text.append(' ');
            }
        }
        return text.toString();
    }
}
