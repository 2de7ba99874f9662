package ringside.isa;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same instruction in both syntaxes. */
class SyntaxTest {
    private static final long ADDRESS = 0x1000;

    private final Decoder decoder = new Decoder(TestTable.forms());

    private String text(Syntax syntax, int bits, String hex, Symbols symbols) {
        var bytes = Arrays.copyOf(HexFormat.of().parseHex(hex), 32);
        return syntax.text(decoder.decode(CodeSource.of(bytes, 0), bits), ADDRESS, symbols);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "16 | b002             | mov al,0x2                          | mov $0x2,%al",
                "32 | 83442408ff       | add dword [esp+0x8],byte -0x1       | addl $0xffffffff,0x8(%esp)",
                "32 | ff148d10000000   | call [ecx*4+0x10]                   | call *0x10(,%ecx,4)",
                "64 | 488b05f8ffffff   | mov rax,[rel 0xfff]                 | mov -0x8(%rip),%rax # 0xfff",
                "64 | 48b8010000000000 | mov rax,0x1                         | movabs $0x1,%rax",
                "64 | 64480fb600       | movzx rax,byte [fs:rax]             | movzbq %fs:(%rax),%rax",
                "32 | ea0010000008 00  | jmp 0x8:0x1000                      | ljmp $0x8,$0x1000",
                "16 | f3a5             | rep movsw                           | rep movsw %ds:(%si),%es:(%di)",
                "32 | 0f22d8           | mov cr3,eax                         | mov %eax,%cr3",
                "64 | 48cf             | iretq                               | iretq",
                "32 | 74fe             | jz 0x1000                           | je 0x1000"
            })
    void destinationComesFirstInOneAndLastInTheOther(int bits, String hex, String intel, String att) {
        var code = hex.replace(" ", "");
        assertThat(text(Syntax.INTEL, bits, code, Symbols.NONE)).isEqualTo(intel);
        assertThat(text(Syntax.ATT, bits, code, Symbols.NONE)).isEqualTo(att);
    }

    @Test
    void namesStandForAddressesInBoth() {
        Symbols symbols = address -> address == 0xFFF ? Optional.of("here") : Optional.empty();
        assertThat(text(Syntax.ATT, 64, "488b05f8ffffff", symbols)).isEqualTo("mov here(%rip),%rax");
        assertThat(text(Syntax.ATT, 32, "a1ff0f0000", symbols)).isEqualTo("mov here,%eax");
        assertThat(text(Syntax.ATT, 32, "74fd", symbols)).isEqualTo("je here");
    }

    @Test
    void dataAreWrittenAsEitherKindOfAssemblerReadsThem() {
        assertThat(Syntax.INTEL.data(-1)).isEqualTo("db 0xff");
        assertThat(Syntax.ATT.data(6)).isEqualTo(".byte 0x06");
    }
}
