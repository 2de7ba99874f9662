package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static ringside.mmu.Descriptor.INTERRUPT_GATE_32;

import org.junit.jupiter.api.Test;
import ringside.cpu.Registers;
import ringside.cpu.Rig;
import ringside.cpu.SystemState;

class SystemCallsTest {
    private static final int R11 = 11;
    private static final long STAR = 0x0013_0008_0000_0000L;

    private static Rig rig(String code) {
        Rig rig = Rig.longMode().code(code);
        for (int vector : new int[] {6, 13}) {
            rig.longGate(vector, INTERRUPT_GATE_32, 0, Rig.CODE_0, 0);
        }
        rig.system.star = STAR;
        rig.system.lstar = 0x6000;
        rig.system.syscallMask = 0x700;
        return rig;
    }

    @Test
    void syscallKeepsRipAndFlagsInRegisters() {
        Rig rig = rig("0F 05")
                .inRing(3)
                .flag(SystemState.INTERRUPT | Registers.CARRY)
                .step(1);
        assertEquals(0x6000, rig.registers.rip());
        assertEquals(Rig.CODE + 2, rig.get(Registers.RCX));
        assertEquals(0x203, rig.get(R11));
        assertEquals(3, rig.cpu.flags());
        assertEquals(8, rig.selector(SystemState.CS));
        assertEquals(0x10, rig.selector(SystemState.SS));
        assertEquals(0, rig.system.cpl);
        assertEquals(Rig.USER_STACK, rig.get(Registers.RSP));
    }

    @Test
    void sysretGoesTo64BitOrTo32BitCode() {
        Rig wide = rig("48 0F 07").set(Registers.RCX, 0x6000).set(R11, 0x3_0303).step(1);
        assertEquals(0x23, wide.selector(SystemState.CS));
        assertEquals(0x1B, wide.selector(SystemState.SS));
        assertEquals(64, wide.cpu.codeBits());
        assertEquals(0x303, wide.cpu.flags());
        assertEquals(3, wide.system.cpl);
        Rig narrow = rig("0F 07").set(Registers.RCX, 0x1_0000_6000L).set(R11, 2).step(1);
        assertEquals(0x13, narrow.selector(SystemState.CS));
        assertEquals(32, narrow.cpu.codeBits());
        assertEquals(0x6000, narrow.registers.rip());
    }

    @Test
    void withoutSceTheyAreUndefined() {
        Rig rig = rig("0F 05").inRing(3);
        rig.system.efer &= ~SystemState.SYSCALL_ENABLE;
        rig.step(1);
        assertEquals(6, rig.handler());
        Rig returning = rig("48 0F 07").inRing(3).step(1);
        assertEquals(13, returning.handler());
        Rig old = Rig.protectedMode()
                .gate(6, INTERRUPT_GATE_32, 0, Rig.CODE_0)
                .code("0F 05")
                .step(1);
        assertEquals(6, old.handler());
    }

    @Test
    void sysretRefusesANonCanonicalTargetInRingZero() {
        Rig rig = rig("48 0F 07").set(Registers.RCX, 1L << 47).step(1);
        assertEquals(13, rig.handler());
        assertEquals(0, rig.system.cpl);
        assertEquals(Rig.CODE_0, rig.stacked(2, 8));
    }

    @Test
    void sysenterAndSysexitUseTheirRegisters() {
        Rig rig = Rig.protectedMode().code("0F 34").inRing(3).flag(SystemState.INTERRUPT);
        rig.system.sysenterCs = 0x08;
        rig.system.sysenterEip = 0x6000;
        rig.system.sysenterEsp = 0x7000;
        rig.step(1);
        assertEquals(0x6000, rig.registers.rip());
        assertEquals(0x7000, rig.get(Registers.RSP));
        assertEquals(0, rig.system.cpl);
        assertFalse(rig.system.interruptFlag());
        rig.bytes(0x6000, "0F 35")
                .set(Registers.RDX, Rig.CODE)
                .set(Registers.RCX, Rig.USER_STACK)
                .step(1);
        assertEquals(0x1B, rig.selector(SystemState.CS));
        assertEquals(0x23, rig.selector(SystemState.SS));
        assertEquals(Rig.CODE, rig.registers.rip());
        assertEquals(3, rig.system.cpl);
    }

    @Test
    void sysenterNeedsItsSelector() {
        Rig rig = Rig.protectedMode()
                .gate(13, INTERRUPT_GATE_32, 0, Rig.CODE_0)
                .code("0F 34")
                .step(1);
        assertEquals(13, rig.handler());
    }

    @Test
    void swapgsExchangesTheBases() {
        Rig rig = rig("0F 01 F8");
        rig.system.kernelGsBase = 0x1234;
        rig.system.segments[SystemState.GS].load(0, 0x5678, 0, 0x1_0000);
        rig.step(1);
        assertEquals(0x1234, rig.system.segments[SystemState.GS].base());
        assertEquals(0x5678, rig.system.kernelGsBase);
        Rig user = rig("0F 01 F8").inRing(3).step(1);
        assertEquals(13, user.handler());
    }
}
