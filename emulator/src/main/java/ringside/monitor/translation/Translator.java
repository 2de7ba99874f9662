package ringside.monitor.translation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongPredicate;
import ringside.cpu.SystemState;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.CodeSource;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.Encoding;
import ringside.isa.OperandKind;
import ringside.isa.Trait;
import ringside.isa.UndefinedInstruction;
import ringside.memory.Ram;
import ringside.monitor.deprivileged.MonitorMemory;
import ringside.monitor.translation.Block.Line;
import ringside.monitor.translation.Block.Treatment;
import ringside.monitor.translation.Block.Way;

/** From the guest's instructions to the bytes that run in their place. */
final class Translator {
    /** Adams and Agesen: a translation unit has at most twelve instructions. */
    static final int MOST_INSTRUCTIONS = 12;

    /** More than any block needs: the longest instructions, a transfer, and its stubs. */
    static final int MOST_BYTES = 15 * MOST_INSTRUCTIONS + 64 + Emission.LONGEST_LOOK_UP;

    /** Callouts after which the guest goes on elsewhere, or not at all. */
    private static final Set<String> ENDS = Set.of(
            "INT",
            "INT1",
            "INT3",
            "INTO",
            "IRET",
            "IRETD",
            "IRETQ",
            "SYSCALL",
            "SYSRET",
            "SYSENTER",
            "SYSEXIT",
            "HLT",
            "CALL",
            "JMP",
            "RETF",
            "UD0",
            "UD1",
            "UD2");

    private static final int CALL_RELATIVE = 0xE8;
    private static final int GROUP_5 = 0xFF;
    private static final int CLI = 0xFA;
    private static final int RET = 0xC3;
    private static final int RET_AND_POP = 0xC2;
    private static final Set<Integer> SEGMENTS_AND_ADDRESS_SIZE = Set.of(0x26, 0x36, 0x3E, 0x64, 0x67);

    private final Decoder decoder = InstructionSet.decoder();

    /** A block and the bytes that belong into the cache. */
    record Translation(Block block, byte[] bytes, BitSet added) {}

    /**
     * Where a block begins.
     *
     * @param frame the guest's frame
     * @param page its bytes
     * @param rip the guest's instruction pointer
     */
    record Source(CodeContext context, int frame, byte[] page, long rip) {}

    /**
     * Translates a block. The page can be fetched from; nothing is changed.
     *
     * @param start where it will lie in the cache
     * @param known whether an instruction has a translation already, by RIP
     */
    Translation translate(Source source, int start, LongPredicate known) {
        CodeContext context = source.context;
        int offset = (int) context.linear(source.rip) & Ram.OFFSET;
        var out = new Emission(context.bits(), start);
        List<Line> lines = new ArrayList<>();
        int at = offset;
        long rip = source.rip;
        boolean goesOn = true;
        while (goesOn && lines.size() < MOST_INSTRUCTIONS && !(at > offset && known.test(rip))) {
            Decoded decoded;
            try {
                decoded = decoder.decode(CodeSource.of(source.page, at), context.bits());
            } catch (UndefinedInstruction | ArrayIndexOutOfBoundsException notHere) {
                // It is undefined, or ends in another page: fetching it is part of performing it.
                if (lines.isEmpty()) {
                    lines.add(new Line(rip, Ram.FRAME_SIZE - at, out.here(), Treatment.CALLOUT));
                    out.callout(Callout.EMULATE);
                    at = Ram.FRAME_SIZE;
                    goesOn = false;
                }
                break;
            }
            if (!context.allows(rip, decoded.length) && !lines.isEmpty()) {
                break;
            }
            int here = out.here();
            byte[] bytes = Arrays.copyOfRange(source.page, at, at + decoded.length);
            Treatment treatment = emit(out, context, decoded, bytes, rip);
            lines.add(new Line(rip, decoded.length, here, treatment));
            goesOn = goesOn(decoded, treatment) && context.allows(rip, decoded.length);
            at += decoded.length;
            rip = context.after(rip, decoded.length);
        }
        if (goesOn) {
            out.addedJump(rip);
        }
        List<Way> ways = out.closed();
        byte[] bytes = out.bytes(ways);
        var block = new Block(context, source.frame, offset, at - offset, start, bytes.length, lines, ways);
        return new Translation(block, bytes, out.added());
    }

    private static boolean goesOn(Decoded decoded, Treatment treatment) {
        return switch (treatment) {
            case IDENTICAL, READDRESSED -> true;
            case TRANSFER, LOOK_UP -> false;
            case IN_CACHE -> decoded.form.encoding().opcode() == CLI;
            case CALLOUT -> !ENDS.contains(decoded.form.mnemonic());
        };
    }

    private static Treatment emit(Emission out, CodeContext context, Decoded decoded, byte[] bytes, long rip) {
        if (!context.allows(rip, decoded.length)) {
            return callout(out);
        }
        if (decoded.form.has(OperandKind.REL)) {
            return transfer(out, context, decoded, context.after(rip, decoded.length));
        }
        boolean readsCode = decoded.segment == SystemState.CS;
        if (isIndirect(decoded)) {
            if (context.inCache() && !readsCode && lookUp(out, decoded, bytes, context.after(rip, decoded.length))) {
                return Treatment.IN_CACHE;
            }
            out.callout(Callout.LOOK_UP);
            return Treatment.LOOK_UP;
        }
        if (context.inCache() && decoded.segment == SystemState.GS) {
            // GS is the translator's there.
            return callout(out);
        }
        if (context.inCache() && decoded.form.mnemonic().equals("CLI")) {
            out.clearInterrupt();
            return Treatment.IN_CACHE;
        }
        if (decoded.form.trait() != Trait.INNOCUOUS || readsCode || ENDS.contains(decoded.form.mnemonic())) {
            return callout(out);
        }
        if (decoded.ripRelative) {
            return readdressed(out, decoded, bytes, rip);
        }
        out.copy(bytes);
        return Treatment.IDENTICAL;
    }

    private static Treatment callout(Emission out) {
        out.callout(Callout.EMULATE);
        return Treatment.CALLOUT;
    }

    /** RET, and CALL and JMP through a register or memory, within the code segment. */
    private static boolean isIndirect(Decoded decoded) {
        Encoding encoding = decoded.form.encoding();
        boolean group5 =
                encoding.map() == 0 && encoding.opcode() == GROUP_5 && (encoding.modRm() == 2 || encoding.modRm() == 4);
        return group5 || decoded.form.mnemonic().equals("RET");
    }

    /**
     * RET, or an indirect CALL or JMP: the cache's own table is asked first. Not with rare prefixes.
     *
     * @return false where nothing was written
     */
    private static boolean lookUp(Emission out, Decoded decoded, byte[] bytes, long next) {
        int prefixes = 0;
        while (SEGMENTS_AND_ADDRESS_SIZE.contains(bytes[prefixes] & 0xFF)) {
            prefixes++;
        }
        switch (bytes[prefixes] & 0xFF) {
            case RET -> out.lookUpReturn(0);
            case RET_AND_POP -> out.lookUpReturn((int) decoded.immediate & 0xFFFF);
            case GROUP_5 -> {
                byte[] load = bytes.clone();
                load[prefixes] = (byte) Emission.MOV_FROM;
                load[prefixes + 1] &= (byte) 0xC7;
                boolean call = decoded.form.encoding().modRm() == 2;
                out.lookUpJump(load, call ? OptionalLong.of(next) : OptionalLong.empty());
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    /** CALL, JMP, Jcc, LOOP and JCXZ with a distance. What would fault is left to the guest's own instruction. */
    private static Treatment transfer(Emission out, CodeContext context, Decoded decoded, long next) {
        long target = context.target(next, decoded.immediate, decoded.operandSize);
        if (!context.allows(target, 1) || !context.allows(next, 1)) {
            return callout(out);
        }
        Encoding encoding = decoded.form.encoding();
        int opcode = encoding.opcode();
        if (encoding.map() == 1 || (opcode & 0xF0) == 0x70) {
            out.jumpIf(opcode & 0xF, target);
            out.addedJump(next);
        } else if (opcode == CALL_RELATIVE) {
            if (decoded.operandSize != context.bits() || context.bits() == 64 && next != (int) next) {
                return callout(out);
            }
            out.push(next);
            out.addedJump(target);
        } else if (opcode >= 0xE0 && opcode <= 0xE3) {
            out.jumpByCounter(opcode, decoded.prefix67, target, next);
        } else {
            out.jump(target);
        }
        return Treatment.TRANSFER;
    }

    /** The same instruction, so that it names the same memory from where it will run. */
    private static Treatment readdressed(Emission out, Decoded decoded, byte[] bytes, long rip) {
        int immediates = decoded.form.encoding().immediates().stream()
                .mapToInt(immediate -> immediate.bits() / 8)
                .sum();
        int field = decoded.length - immediates - 4;
        long from = MonitorMemory.BASE_64 + MonitorMemory.CODE + out.here() + decoded.length;
        long distance = rip + decoded.length + decoded.displacement - from;
        if (distance != (int) distance && decoded.addressSize == 64) {
            return callout(out);
        }
        byte[] changed = bytes.clone();
        for (int i = 0; i < 4; i++) {
            changed[field + i] = (byte) (distance >> i * 8);
        }
        out.copy(changed);
        return Treatment.READDRESSED;
    }
}
