package ringside.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.mmu.Descriptor.INTERRUPT_GATE_32;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuestBoundaryTest {
    private static final long BREAKPOINT_0 = 1;
    private static final long EXECUTE_0 = 0x402;

    private static Rig rig(String code) {
        Rig rig = Rig.protectedMode().code(code);
        for (int vector : new int[] {1, 2, 6, 13, 0x20, 0x30}) {
            rig.gate(vector, INTERRUPT_GATE_32, 0, Rig.CODE_0);
        }
        return rig;
    }

    @Test
    void aSingleStepTrapFollowsTheInstruction() {
        Rig rig = rig("90 90");
        rig.flag(Registers.TRAP).step(1);
        assertEquals(Rig.CODE + 1, rig.registers.rip());
        rig.step(1);
        assertEquals(1, rig.handler());
        assertEquals(Rig.CODE + 1, rig.stacked(0, 4));
        assertEquals(0x102, rig.stacked(2, 4));
        assertEquals(SystemState.DR6_FIXED | SystemState.DR6_SINGLE_STEP, rig.system.dr6);
        assertFalse(rig.registers.trap());
    }

    @Test
    void aSoftwareInterruptClearsTfAndMakesNoTrap() {
        Rig rig = rig("CD 30").bytes(Rig.HANDLERS + 0x300, "90");
        rig.flag(Registers.TRAP).step(2);
        assertEquals(Rig.HANDLERS + 0x301, rig.registers.rip());
        assertEquals(0x102, rig.stacked(2, 4));
    }

    @Test
    void iretThatSetsTfTrapsAfterTheNextInstruction() {
        Rig rig = rig("CF").bytes(0x6000, "90");
        rig.set(Registers.RSP, Rig.STACK - 12);
        rig.ram.write(Rig.STACK - 12, 4, 0x6000);
        rig.ram.write(Rig.STACK - 8, 4, Rig.CODE_0);
        rig.ram.write(Rig.STACK - 4, 4, 0x102);
        rig.step(2);
        assertEquals(0x6001, rig.registers.rip());
        rig.step(1);
        assertEquals(1, rig.handler());
        assertEquals(0x6001, rig.stacked(0, 4));
    }

    @Test
    void anInstructionBreakpointComesBeforeItsInstructionUnlessRfIsSet() {
        Rig rig = rig("90 90");
        rig.system.breakpoints[0] = Rig.CODE;
        rig.system.dr7 = EXECUTE_0;
        rig.step(1);
        assertEquals(1, rig.handler());
        assertEquals(Rig.CODE, rig.stacked(0, 4));
        assertEquals(2, rig.stacked(2, 4));
        assertEquals(SystemState.DR6_FIXED | BREAKPOINT_0, rig.system.dr6);

        Rig resuming = rig("90 90");
        resuming.system.breakpoints[0] = Rig.CODE;
        resuming.system.dr7 = EXECUTE_0;
        resuming.flag(SystemState.RESUME).step(1);
        assertEquals(Rig.CODE + 1, resuming.registers.rip());
        assertEquals(0, resuming.system.flags & SystemState.RESUME);
    }

    @Test
    void rfHoldsForAllIterationsOfARepeatedInstruction() {
        Rig rig = rig("F3 AA 90").set(Registers.RCX, 3).set(Registers.RDI, 0x7000);
        rig.system.breakpoints[0] = Rig.CODE;
        rig.system.dr7 = EXECUTE_0;
        rig.flag(SystemState.RESUME).step(2);
        assertEquals(SystemState.RESUME, rig.system.flags & SystemState.RESUME);
        rig.step(1);
        assertEquals(Rig.CODE + 2, rig.registers.rip());
        assertEquals(0, rig.system.flags & SystemState.RESUME);
    }

    @Test
    void rfThatIretLoadsHoldsForTheNextInstructionOnly() {
        Rig rig = rig("CF").bytes(0x6000, "90 EB FD");
        rig.set(Registers.RSP, Rig.STACK - 12);
        rig.ram.write(Rig.STACK - 12, 4, 0x6000);
        rig.ram.write(Rig.STACK - 8, 4, Rig.CODE_0);
        rig.ram.write(Rig.STACK - 4, 4, SystemState.RESUME | 2);
        rig.system.breakpoints[0] = 0x6000;
        rig.system.dr7 = EXECUTE_0;
        rig.flag(SystemState.RESUME).step(2);
        assertEquals(0x6001, rig.registers.rip());
        rig.step(2);
        assertEquals(1, rig.handler());
    }

    @Test
    void aDataBreakpointTrapsAfterTheAccess() {
        Rig rig = rig("89 03 90").set(Registers.RBX, 0x7000);
        rig.system.breakpoints[0] = 0x7000;
        rig.system.dr7 = 0xD0402;
        rig.cpu.modeChanged();
        rig.step(2);
        assertEquals(1, rig.handler());
        assertEquals(Rig.CODE + 2, rig.stacked(0, 4));
    }

    @Test
    void aDataBreakpointTrapsAtOnceInALongRunToo() {
        Rig rig = rig("90 90 89 03 90 90 90 90").set(Registers.RBX, 0x7000);
        rig.system.breakpoints[0] = 0x7000;
        rig.system.dr7 = 0xD0402;
        rig.cpu.modeChanged();
        rig.cpu.run(rig.clock.now() + 4);
        assertEquals(1, rig.handler());
        assertEquals(Rig.CODE + 4, rig.stacked(0, 4));
    }

    @Test
    void generalDetectIsAFaultAndClearsItsBit() {
        Rig rig = rig("0F 21 F8");
        rig.system.dr7 |= SystemState.DR7_GENERAL_DETECT;
        rig.step(1);
        assertEquals(1, rig.handler());
        assertEquals(Rig.CODE, rig.stacked(0, 4));
        assertEquals(SystemState.RESUME | 2, rig.stacked(2, 4));
        assertEquals(SystemState.DR6_FIXED | SystemState.DR6_GENERAL_DETECT, rig.system.dr6);
        assertEquals(0, rig.system.dr7 & SystemState.DR7_GENERAL_DETECT);
    }

    @Test
    void aSecondNmiWaitsForIret() {
        Rig rig = rig("90 90").bytes(Rig.HANDLERS + 0x20, "90 CF");
        rig.line.raiseNonMaskable();
        rig.step(1);
        assertEquals(2, rig.handler());
        rig.line.raiseNonMaskable();
        rig.cpu.attend();
        rig.step(1);
        assertEquals(Rig.HANDLERS + 0x21, rig.registers.rip());
        rig.step(1);
        assertEquals(Rig.CODE, rig.registers.rip());
        rig.step(1);
        assertEquals(2, rig.handler());
    }

    @Test
    void aFaultingIretLetsTheNextNmiIn() {
        Rig rig = rig("90").bytes(Rig.HANDLERS + 0x20, "CF").bytes(Rig.HANDLERS + 0xD0, "90");
        rig.line.raiseNonMaskable();
        rig.step(1);
        rig.ram.write(rig.get(Registers.RSP) + 4, 4, Rig.LAST);
        rig.line.raiseNonMaskable();
        rig.cpu.attend();
        rig.step(1);
        assertEquals(13, rig.handler());
        rig.step(1);
        assertEquals(2, rig.handler());
        assertEquals(Rig.HANDLERS + 0xD0, rig.stacked(0, 4));
    }

    /** SDM 3B, Instruction-Breakpoint Exception Condition; after the last iteration RF is what it was. */
    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "3, 0"})
    void anInterruptBetweenIterationsPushesRf(int iterations, int rf) {
        Rig rig = rig("F3 AA 90").set(Registers.RCX, 3).set(Registers.RDI, 0x7000);
        rig.flag(SystemState.INTERRUPT);
        rig.cpu.run(rig.clock.now() + iterations);
        rig.raiseInterrupt(0x20);
        rig.step(1);
        assertEquals(0x20, rig.handler());
        assertEquals(3 - iterations, rig.get(Registers.RCX));
        assertEquals(rf, rig.stacked(2, 4) >> 16 & 1);
        assertEquals(0, rig.cpu.flags() & SystemState.RESUME);
    }

    @Test
    void anNmiBetweenIterationsPushesRf() {
        Rig rig =
                rig("F3 AA 90").set(Registers.RCX, 3).set(Registers.RDI, 0x7000).step(1);
        rig.line.raiseNonMaskable();
        rig.cpu.attend();
        rig.step(1);
        assertEquals(2, rig.handler());
        assertEquals(SystemState.RESUME | 2, rig.stacked(2, 4));
    }

    @Test
    void aTrapBetweenIterationsPushesRfAndItsReturnGoesOnWithThem() {
        Rig rig = rig("F3 AA 90").bytes(Rig.HANDLERS + 0x10, "CF");
        rig.set(Registers.RCX, 3).set(Registers.RDI, 0x7000).flag(Registers.TRAP);
        rig.system.breakpoints[0] = Rig.CODE;
        rig.step(2);
        assertEquals(1, rig.handler());
        assertEquals(SystemState.RESUME | 0x102, rig.stacked(2, 4));
        // The breakpoint that the handler might set here is for whoever begins the instruction anew.
        rig.system.dr7 = EXECUTE_0;
        rig.step(2);
        assertEquals(1, rig.get(Registers.RCX));
        rig.step(3);
        assertEquals(0, rig.get(Registers.RCX));
        rig.step(1);
        assertEquals(1, rig.handler());
        assertEquals(0x102, rig.stacked(2, 4));
    }

    @Test
    void anNmiComesBeforeAnInterrupt() {
        Rig rig = rig("90");
        rig.flag(SystemState.INTERRUPT).raiseInterrupt(0x20);
        rig.line.raiseNonMaskable();
        rig.step(1);
        assertEquals(2, rig.handler());
        assertTrue(rig.line.pending());
    }

    @Test
    void anNmiWaitsBehindStiAndMovSs() {
        for (String code : new String[] {"FB 90 90", "8E D0 90 90"}) {
            Rig rig = rig(code).set(Registers.RAX, Rig.DATA_0);
            rig.step(1);
            rig.line.raiseNonMaskable();
            rig.cpu.attend();
            rig.step(2);
            assertEquals(2, rig.handler(), code);
            assertEquals(Rig.CODE + code.length() / 3, rig.stacked(0, 4), code);
        }
    }

    /** SDM 3A, IA-32 and Intel 64 Processor States Following Power-up, Reset, or INIT. */
    @Test
    void initKeepsCachingFloatingPointAndModelSpecificRegistersAndNothingElse() {
        Rig rig = rig("90").set(Registers.RCX, 7).set(Registers.RDX, 7);
        SystemState s = rig.system;
        s.cr0 |= SystemState.CACHE_DISABLE | SystemState.NOT_WRITE_THROUGH | SystemState.WRITE_PROTECT;
        s.cr2 = 0x1234;
        s.cr4 = SystemState.PAGE_GLOBAL;
        s.efer = SystemState.SYSCALL_ENABLE;
        s.breakpoints[2] = 0x9999;
        s.dr6 = SystemState.DR6_FIXED | 1;
        s.sysenterCs = 8;
        s.star = 0x77;
        s.xcr0 = 3;
        s.tscAdjust = 5;
        s.nmiBlocked = true;
        s.activity = SystemState.Activity.HALTED;
        rig.registers.floating.mxcsr(0x1F00);
        s.activity = SystemState.Activity.ACTIVE;
        rig.line.raiseNonMaskable();
        rig.line.raiseInitialization();
        rig.step(1);
        assertEquals(0xFFF0, rig.registers.rip());
        assertEquals(0xF000, s.segments[SystemState.CS].selector());
        assertEquals(0xFFFF_0000L, s.segments[SystemState.CS].base());
        assertEquals(0xFFFF, s.segments[SystemState.DS].limit());
        assertEquals(0x6000_0010L, s.cr0, "CD and NW are unchanged");
        assertEquals(0, s.cr2 | s.cr3 | s.cr4 | s.efer | s.breakpoints[2]);
        assertEquals(SystemState.DR6_FIXED, s.dr6);
        assertEquals(SystemState.DR7_FIXED, s.dr7);
        assertEquals(0xFFFF, s.idtrLimit);
        assertEquals(2, rig.cpu.flags());
        assertEquals(0, rig.get(Registers.RCX) | rig.get(Registers.RSP));
        assertEquals(0x6FB, rig.get(Registers.RDX), "CPUID's signature");
        assertEquals(8, s.sysenterCs);
        assertEquals(0x77, s.star);
        assertEquals(3, s.xcr0);
        assertEquals(5, s.tscAdjust);
        assertEquals(0x1F00, rig.registers.floating.mxcsr());
        assertFalse(s.nmiBlocked);
    }

    @Test
    void anInterruptEndsHlt() {
        Rig rig = rig("F4 90");
        rig.flag(SystemState.INTERRUPT).step(1);
        assertEquals(SystemState.Activity.HALTED, rig.system.activity);
        rig.raiseInterrupt(0x20);
        assertTrue(rig.boundary.isWaiting(rig.cpu));
        rig.system.activity = SystemState.Activity.ACTIVE;
        rig.step(1);
        assertEquals(0x20, rig.handler());
        assertEquals(Rig.CODE + 1, rig.stacked(0, 4));
    }

    @Test
    void stiHoldsInterruptsBackForOneInstruction() {
        Rig rig = rig("FB 90 90");
        rig.raiseInterrupt(0x20);
        rig.step(2);
        assertEquals(Rig.CODE + 2, rig.registers.rip());
        rig.step(1);
        assertEquals(0x20, rig.handler());
        assertEquals(Rig.CODE + 2, rig.stacked(0, 4));
    }
}
