package ringside.isa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class DecoderTest {
    private static final int SS = 2;
    private static final int DS = 3;
    private static final int FS = 4;

    private final Decoder decoder = new Decoder(TestTable.forms());

    @Test
    void operandSizeComesFromCodeSizeAndPrefix66() {
        assertThat(decode(16, "01 c0").form.toString()).isEqualTo("ADD r/m16, r16");
        assertThat(decode(16, "66 01 c0").form.toString()).isEqualTo("ADD r/m32, r32");
        assertThat(decode(32, "66 01 c0").operandSize).isEqualTo(16);
        assertThat(decode(64, "01 c0").operandSize).isEqualTo(32);
        assertThat(decode(64, "66 48 01 c0").operandSize).isEqualTo(64);
    }

    @Test
    void rexCountsOnlyRightBeforeTheOpcode() {
        assertThat(decode(64, "48 66 01 c0").operandSize).isEqualTo(16);
        assertThat(decode(64, "48 41 01 c0").operandSize).isEqualTo(32);
        assertThat(decode(64, "48 41 01 c0").rm).isEqualTo(8);
    }

    @Test
    void theLastPrefixOfAGroupCounts() {
        assertThat(decode(32, "f2 f3 a4").repeat).isEqualTo(0xF3);
        assertThat(decode(32, "26 64 8b 00").segment).isEqualTo(FS);
        assertThat(decode(32, "64 3e 8b 00").segment).isEqualTo(DS);
    }

    @Test
    void onlyFsAndGsCountIn64BitCode() {
        assertThat(decode(64, "2e 8b 00").segment).isEqualTo(-1);
        assertThat(decode(64, "64 2e 8b 00").segment).isEqualTo(FS);
    }

    @Test
    void addressesOf16BitsAreMadeOfBaseAndIndexRegisters() {
        var decoded = decode(16, "8b 42 fe");
        assertThat(decoded.base).isEqualTo(5);
        assertThat(decoded.index).isEqualTo(6);
        assertThat(decoded.displacement).isEqualTo(-2);
        assertThat(decoded.effectiveSegment()).isEqualTo(SS);
        assertThat(decode(16, "8b 06 34 12").base).isEqualTo(-1);
        assertThat(decode(16, "8b 07").effectiveSegment()).isEqualTo(DS);
    }

    @Test
    void aSibByteNamesBaseIndexAndScale() {
        var decoded = decode(32, "8b 44 8d 08");
        assertThat(decoded.base).isEqualTo(5);
        assertThat(decoded.index).isEqualTo(1);
        assertThat(decoded.scale).isEqualTo(4);
        assertThat(decoded.displacement).isEqualTo(8);
        assertThat(decode(32, "8b 04 24").index).isEqualTo(-1);
        assertThat(decode(64, "4a 8b 04 20").index).isEqualTo(12);
        assertThat(decode(64, "41 8b 45 00").defaultSegment).isEqualTo(DS);
    }

    @Test
    void addressesWithoutRegistersAreRelativeToRipIn64BitCode() {
        assertThat(decode(64, "8b 05 10 00 00 00").ripRelative).isTrue();
        assertThat(decode(32, "8b 05 10 00 00 00").ripRelative).isFalse();
        assertThat(decode(64, "8b 04 25 00 00 00 80").displacement).isEqualTo(-0x80000000L);
    }

    @Test
    void moffsIsAsWideAsTheAddress() {
        assertThat(decode(64, "a0 88 77 66 55 44 33 22 11").displacement).isEqualTo(0x1122334455667788L);
        assertThat(decode(64, "67 a0 88 77 66 f5").displacement).isEqualTo(0xf5667788L);
        assertThat(decode(16, "a0 88 f7").length).isEqualTo(3);
    }

    @Test
    void immediatesAreSignExtendedUnlessTheRowSaysUnsigned() {
        assertThat(decode(32, "83 c0 ff").immediate).isEqualTo(-1);
        assertThat(decode(64, "48 81 c0 00 00 00 80").immediate).isEqualTo(-0x80000000L);
        assertThat(decode(32, "cd 80").immediate).isEqualTo(0x80);
        assertThat(decode(32, "c8 00 80 01").immediate).isEqualTo(0x8000);
        assertThat(decode(32, "c8 00 80 01").immediate2).isEqualTo(1);
    }

    @Test
    void aFarPointerIsOffsetThenSelector() {
        var decoded = decode(32, "ea 78 56 34 f2 08 00");
        assertThat(decoded.immediate).isEqualTo(0xf2345678L);
        assertThat(decoded.immediate2).isEqualTo(8);
    }

    @Test
    void lockIsLegalOnlyWhereItsRowSaysSoAndWithMemory() {
        assertThat(decode(32, "f0 01 00").lock).isTrue();
        assertUndefined(32, "f0 01 c0");
        assertUndefined(32, "f0 8b 00");
        assertUndefined(32, "f0 90");
    }

    @Test
    void fifteenBytesAreTheMost() {
        var prefixes = "66 66 66 66 66 66 66 66 66 66 66 66 66 ";
        assertThat(decode(32, prefixes + "01 c0").length).isEqualTo(15);
        var error = catchThrowableOfType(UndefinedInstruction.class, () -> decode(32, "66 " + prefixes + "01 c0"));
        assertThat(error.reason()).isEqualTo(UndefinedInstruction.Reason.TOO_LONG);
    }

    @Test
    void theSixteenthByteIsNeverRead() {
        var bytes = new byte[15];
        Arrays.fill(bytes, (byte) 0x66);
        assertThatThrownBy(() -> decoder.decode(CodeSource.of(bytes, 0), 32)).isInstanceOf(UndefinedInstruction.class);
    }

    @Test
    void exactlyTheBytesOfTheInstructionAreRead() {
        var bytes = HexFormat.of().parseHex("81048d00000080ffffffff");
        assertThat(decoder.decode(CodeSource.of(bytes, 0), 32).length).isEqualTo(bytes.length);
    }

    @Test
    void whatDoesNotExistIsUndefined() {
        assertUndefined(32, "0f 04");
        assertUndefined(64, "06");
        assertUndefined(32, "0f 05");
        assertUndefined(32, "8e c8"); // MOV CS, AX
        assertUndefined(32, "8e f0"); // there is no segment register 6
        assertUndefined(32, "0f 20 c8"); // CR1
        assertUndefined(64, "44 0f 20 c8"); // CR9
        assertUndefined(32, "0f 01 d2"); // LGDT wants memory
        assertUndefined(32, "c5 c0"); // LDS wants memory
    }

    @Test
    void movOfControlRegistersIgnoresMod() {
        var decoded = decode(32, "0f 22 03");
        assertThat(decoded.isMemory()).isFalse();
        assertThat(decoded.rm).isEqualTo(3);
        assertThat(decode(64, "44 0f 22 c3").reg).isEqualTo(8);
    }

    @Test
    void nopAndPauseAndXchgShareAnOpcode() {
        assertThat(decode(64, "90").form.mnemonic()).isEqualTo("NOP");
        assertThat(decode(64, "f3 90").form.mnemonic()).isEqualTo("PAUSE");
        assertThat(decode(64, "41 90").form.mnemonic()).isEqualTo("XCHG");
        assertThat(decode(64, "91").form.mnemonic()).isEqualTo("XCHG");
    }

    @Test
    void rexWChoosesAnotherInstructionWhereTheManualSaysSo() {
        assertThat(decode(64, "0f c7 08").form.mnemonic()).isEqualTo("CMPXCHG8B");
        assertThat(decode(64, "48 0f c7 08").form.mnemonic()).isEqualTo("CMPXCHG16B");
        assertThat(decode(64, "48 0f 07").form.encoding().rexW()).isTrue();
    }

    @Test
    void byteRegistersFourToSevenAreHighHalvesWithoutRex() {
        assertThat(decode(64, "88 e0").isHighByte(4)).isTrue();
        assertThat(decode(64, "40 88 e0").isHighByte(4)).isFalse();
    }

    @Test
    void theAddressSizeChoosesTheCounterOfJcxz() {
        assertThat(decode(16, "e3 00").form.mnemonic()).isEqualTo("JCXZ");
        assertThat(decode(32, "67 e3 00").form.mnemonic()).isEqualTo("JCXZ");
        assertThat(decode(64, "e3 00").form.mnemonic()).isEqualTo("JRCXZ");
    }

    private Decoded decode(int bits, String hex) {
        var bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        return decoder.decode(CodeSource.of(Arrays.copyOf(bytes, bytes.length + 16), 0), bits);
    }

    private void assertUndefined(int bits, String hex) {
        var error = catchThrowableOfType(UndefinedInstruction.class, () -> decode(bits, hex));
        assertThat(error).as(hex).isNotNull();
        assertThat(error.reason()).isEqualTo(UndefinedInstruction.Reason.UNDEFINED);
    }
}
