package ringside.monitor.translation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.CodeSource;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.OperandKind;
import ringside.isa.UndefinedInstruction;
import ringside.memory.Ram;

/**
 * Looks through the kernel's code before it runs, as CSAM does: from where it is entered, along jumps and calls that stay in the page, and
 * patches what would go wrong at ring 1.
 *
 * <p>CSAM cannot follow what is known at run time only, a return to a pushed address for one, and such code ran unscanned where its page had
 * been scanned before. Here it is scanned when it is fetched ({@link ScannedCode}).
 */
final class CodeScanner {
    private static final int JMP_NEAR = 0xE9;
    private static final int JMP_SHORT = 0xEB;
    private static final int GROUP_5 = 0xFF;

    private final Ram ram;
    private final PatchMemory memory;
    private final PatchWriter writer;
    private final Decoder decoder = InstructionSet.decoder();

    CodeScanner(Ram ram, PatchMemory memory) {
        this.ram = ram;
        this.memory = memory;
        this.writer = new PatchWriter(memory);
    }

    /** What was patched in a scan. */
    record Found(long patches, long instructions, long operations) {
        Found plus(long moreInstructions, long moreOperations) {
            return new Found(patches + 1, instructions + moreInstructions, operations + moreOperations);
        }
    }

    /** Is there room for all that a scan may write? */
    boolean hasRoom() {
        return memory.hasRoomFor(Ram.FRAME_SIZE);
    }

    /** Scans from an offset in the page on. */
    Found scan(CodePage page, int from) {
        byte[] code = ram.readable(page.frame());
        Found found = new Found(0, 0, 0);
        Deque<Integer> open = new ArrayDeque<>();
        open.push(from);
        while (!open.isEmpty()) {
            int at = open.pop();
            if (at < 0 || at >= Ram.FRAME_SIZE || page.isKnown(at)) {
                continue;
            }
            // Somebody jumps to what a jump of ours lies over: only INT3 can stay there.
            page.patchOver(at).ifPresent(patch -> giveUp(page, patch));
            Decoded decoded;
            try {
                decoded = decoder.decode(CodeSource.of(code, at), 32);
            } catch (UndefinedInstruction undefined) {
                page.know(at, 1);
                continue;
            } catch (ArrayIndexOutOfBoundsException nextPage) {
                page.know(at, Ram.FRAME_SIZE - at);
                breakpoint(page, at);
                continue;
            }
            page.know(at, decoded.length);
            int next = at + decoded.length;
            boolean patched = false;
            switch (treatment(page, code, at, decoded)) {
                case RUNS -> {}
                case PERFORMED -> patched = true;
                case REPLACED -> {
                    Optional<PatchCode.Written> written =
                            memory.hasRoomFor(PatchWriter.MOST_BYTES) ? writer.write(page, code, at) : Optional.empty();
                    if (written.isPresent()) {
                        install(page, written.get());
                        Patch patch = written.get().patch();
                        found = found.plus(
                                patch.entries().size(), patch.pieces().size() + 1L);
                        next = page.offset(patch.end());
                    } else {
                        patched = true;
                    }
                }
            }
            if (patched) {
                breakpoint(page, at);
                found = found.plus(1, 1);
            }
            follow(decoded, at, next, open);
        }
        return found;
    }

    /** What begins before a patched byte and reaches over it cannot run from the copy. */
    private RawTreatment treatment(CodePage page, byte[] code, int at, Decoded decoded) {
        for (int i = at; i < at + decoded.length; i++) {
            if ((byte) ram.read(page.copyAddress(i), 1) != code[i]) {
                return RawTreatment.PERFORMED;
            }
        }
        return RawTreatment.of(decoded);
    }

    private void install(CodePage page, PatchCode.Written written) {
        int at = page.offset(written.patch().linear());
        for (int i = 1; i < Patch.JUMP; i++) {
            page.patchAt(at + i).ifPresent(patch -> memory.remove(page, patch));
        }
        for (int i = 0; i < Patch.JUMP; i++) {
            for (int before : page.over(at + i)) {
                if (before < at && !page.hasBreakpoint(before)) {
                    breakpoint(page, before);
                }
            }
        }
        memory.install(page, written);
    }

    private void breakpoint(CodePage page, int at) {
        List<Integer> over = page.over(at);
        memory.breakpoint(page, at);
        for (int before : over) {
            if (!page.hasBreakpoint(before)) {
                page.patchAt(before).ifPresent(patch -> memory.remove(page, patch));
                breakpoint(page, before);
            }
        }
    }

    /** VirtualBox's patmDisableUnusablePatch: the jump goes, and INT3 comes. */
    void giveUp(CodePage page, Patch patch) {
        memory.remove(page, patch);
        breakpoint(page, page.offset(patch.linear()));
    }

    private static void follow(Decoded decoded, int at, int next, Deque<Integer> open) {
        int opcode = decoded.form.encoding().opcode();
        int map = decoded.form.encoding().map();
        if (decoded.form.has(OperandKind.REL)) {
            open.push((int) (at + decoded.length + decoded.immediate));
            boolean jump = map == 0 && (opcode == JMP_NEAR || opcode == JMP_SHORT);
            if (jump) {
                return;
            }
        }
        if (goesOn(decoded, map, opcode)) {
            open.push(next);
        }
    }

    private static boolean goesOn(Decoded decoded, int map, int opcode) {
        if (map == 1) {
            return opcode != 0x0B && opcode != 0xB9 && opcode != 0xFF;
        }
        int modRm = decoded.form.encoding().modRm();
        return switch (opcode) {
            // RET, RETF, IRET, far JMP
            case 0xC2, 0xC3, 0xCA, 0xCB, 0xCF, 0xEA -> map != 0;
            case GROUP_5 -> modRm != 4 && modRm != 5;
            default -> true;
        };
    }
}
