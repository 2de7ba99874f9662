package ringside.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static ringside.mmu.Descriptor.INTERRUPT_GATE_32;

import org.junit.jupiter.api.Test;
import ringside.mmu.SegmentRegister;

/** What runs from link to link is what lies there, for whoever runs it. */
class CodePageTest {
    private static final int GENERAL_PROTECTION = 13;

    private static Rig run(Rig rig, int instructions) {
        rig.cpu.run(rig.clock.now() + instructions);
        return rig;
    }

    @Test
    void anInstructionThatWasLinkedRunsAsTheOneBeforeItHasJustWrittenIt() {
        Rig rig = Rig.protectedMode()
                .assembly(
                        "mov ecx, 3",
                        "mov edx, 6000h",
                        "again: mov byte [edx], 7",
                        "next: mov al, 1",
                        "add ebx, eax",
                        "mov edx, 6000h",
                        "cmp ecx, 2",
                        "jne on",
                        "mov edx, next + 1",
                        "on: dec ecx",
                        "jnz again",
                        "hlt");
        run(rig.set(Registers.RAX, 0).set(Registers.RBX, 0), 2 + 8 + 9 + 8);
        assertEquals(0, rig.get(Registers.RCX));
        assertEquals(1 + 1 + 7, rig.get(Registers.RBX));
    }

    @Test
    void anInstructionThatWritesItselfGoesOnToWhatLiesBehindIt() {
        // Its own last byte in the first round; with ESI behind it, in the second, the instruction there.
        Rig rig = Rig.protectedMode()
                .assembly("again: mov byte [esi], 43h", "inc eax", "inc eax", "mov esi, again + 3", "jmp again");
        run(rig.set(Registers.RSI, Rig.CODE + 2).set(Registers.RAX, 0).set(Registers.RBX, 0), 5 + 3);
        assertEquals(2 + 1, rig.get(Registers.RAX));
        assertEquals(1, rig.get(Registers.RBX));
    }

    @Test
    void theSegmentsLimitEndsWhatWasLinkedUnderALargerOne() {
        Rig rig = Rig.protectedMode().assembly("again: nop", "nop", "nop", "nop", "jmp again");
        rig.gate(GENERAL_PROTECTION, INTERRUPT_GATE_32, 0, Rig.CODE_0);
        run(rig, 10);
        SegmentRegister cs = rig.system.segments[SystemState.CS];
        cs.load(cs.selector(), cs.base(), Rig.CODE + 2, cs.rights() & ~SegmentRegister.GRANULARITY);
        rig.cpu.modeChanged();
        run(rig, 3 + 1);
        assertEquals(GENERAL_PROTECTION, rig.handler());
        assertEquals(Rig.CODE + 3, rig.stacked(1, 4));
    }

    @Test
    void ofTheSameBytesEveryCodeSizeHasLinksOfItsOwn() {
        // In 16-bit code MOV AX, 4040H and JMP; in 32-bit code MOV EAX, F9EB4040H ends behind the jump.
        Rig rig = Rig.protectedMode().code("90 90 B8 40 40 EB F9 40 EB F6").set(Registers.RAX, 0);
        run(rig, 2 * 5);
        assertEquals(0xF9EB_4041L, rig.get(Registers.RAX));
        SegmentRegister cs = rig.system.segments[SystemState.CS];
        cs.load(cs.selector(), cs.base(), cs.limit(), cs.rights() & ~SegmentRegister.BIG);
        rig.cpu.modeChanged();
        run(rig.set(Registers.RAX, 0), 2 * 4);
        assertEquals(0x4040, rig.get(Registers.RAX));
        assertEquals(Rig.CODE, rig.registers.rip());
    }
}
