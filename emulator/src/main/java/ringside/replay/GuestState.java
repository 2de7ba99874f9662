package ringside.replay;

import static ringside.cpu.SystemState.CS;
import static ringside.cpu.SystemState.DS;
import static ringside.cpu.SystemState.ES;
import static ringside.cpu.SystemState.FS;
import static ringside.cpu.SystemState.GS;
import static ringside.cpu.SystemState.SS;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import ringside.cpu.Cpu;
import ringside.cpu.FloatingPoint;
import ringside.cpu.SystemState;
import ringside.machine.Machine;
import ringside.memory.Ram;
import ringside.mmu.SegmentRegister;
import ringside.monitor.Monitor;

/** What a guest can see of its machine, as named values: equal in two modes as long as the guest cannot tell them apart. */
public final class GuestState {
    private static final List<String> GENERAL = List.of(
            "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
            "r15");

    private GuestState() {}

    /** One thing that can be seen. */
    public record Value(String name, long value) {}

    /** A value that two runs do not share. */
    public record Difference(String name, long first, long second) {}

    /** The processor: general registers, RIP, RFLAGS, and the system state; in the same order for every processor. */
    public static List<Value> processor(Cpu cpu) {
        List<Value> values = new ArrayList<>();
        for (int i = 0; i < GENERAL.size(); i++) {
            values.add(new Value(GENERAL.get(i), cpu.registers.get(i)));
        }
        SystemState s = cpu.system;
        values.add(new Value("rip", cpu.registers.rip()));
        values.add(new Value("rflags", cpu.flags()));
        values.add(new Value("cpl", s.cpl));
        values.add(new Value("cr0", s.cr0));
        values.add(new Value("cr2", s.cr2));
        values.add(new Value("cr3", s.cr3));
        values.add(new Value("cr4", s.cr4));
        values.add(new Value("cr8", s.cr8));
        values.add(new Value("efer", s.efer));
        values.add(new Value("gdtr.base", s.gdtrBase));
        values.add(new Value("gdtr.limit", s.gdtrLimit));
        values.add(new Value("idtr.base", s.idtrBase));
        values.add(new Value("idtr.limit", s.idtrLimit));
        segment(values, "es", s.segments[ES]);
        segment(values, "cs", s.segments[CS]);
        segment(values, "ss", s.segments[SS]);
        segment(values, "ds", s.segments[DS]);
        segment(values, "fs", s.segments[FS]);
        segment(values, "gs", s.segments[GS]);
        segment(values, "ldtr", s.ldtr);
        segment(values, "tr", s.tr);
        for (int i = 0; i < 4; i++) {
            values.add(new Value("dr" + i, s.breakpoints[i]));
        }
        values.add(new Value("dr6", s.dr6));
        values.add(new Value("dr7", s.dr7));
        values.add(new Value("star", s.star));
        values.add(new Value("lstar", s.lstar));
        values.add(new Value("cstar", s.cstar));
        values.add(new Value("fmask", s.syscallMask));
        values.add(new Value("kernel_gs_base", s.kernelGsBase));
        values.add(new Value("sysenter_cs", s.sysenterCs));
        values.add(new Value("sysenter_esp", s.sysenterEsp));
        values.add(new Value("sysenter_eip", s.sysenterEip));
        values.add(new Value("pat", s.pat));
        values.add(new Value("tsc_adjust", s.tscAdjust));
        values.add(new Value("tsc_aux", s.tscAux));
        values.add(new Value("xcr0", s.xcr0));
        floatingPoint(values, cpu.registers.floating);
        values.add(new Value("monitoring", s.monitoring ? 1 : 0));
        values.add(new Value("activity", s.activity.ordinal()));
        return values;
    }

    private static void floatingPoint(List<Value> values, FloatingPoint f) {
        values.add(new Value("fcw", f.control()));
        values.add(new Value("fsw", f.status()));
        values.add(new Value("ftw", f.tags()));
        values.add(new Value("fop", f.opcode()));
        values.add(new Value("fip", f.instructionPointer()));
        values.add(new Value("fdp", f.dataPointer()));
        values.add(new Value("mxcsr", f.mxcsr()));
        for (int i = 0; i < 8; i++) {
            values.add(new Value("st" + i, f.significand(i)));
            values.add(new Value("st" + i + ".exponent", f.exponent(i)));
        }
        for (int half = 0; half < 32; half++) {
            values.add(new Value("xmm" + half / 2 + (half % 2 == 0 ? ".low" : ".high"), f.vector(half)));
        }
    }

    /** The devices; where a device has more than a number to show, the value is a hash of all of it. */
    static List<Value> devices(Machine.State machine) {
        return List.of(
                new Value("time", machine.clock().now()),
                new Value("pic", hash(machine.pic())),
                new Value("local APIC", hash(machine.localApic())),
                new Value("I/O APIC", hash(machine.ioApic())),
                new Value("pit", hash(machine.pit())),
                new Value("port 61", hash(machine.portB())),
                new Value("rtc", hash(machine.rtc())),
                new Value("com1", hash(machine.com1())),
                new Value("virtio console", hash(machine.virtioConsole())),
                new Value("virtio console input", machine.console().inputsTaken()),
                new Value("virtio disk", hash(machine.virtioDisk())),
                new Value("disk", machine.disk().content().sum()));
    }

    private static void segment(List<Value> values, String name, SegmentRegister segment) {
        values.add(new Value(name, segment.selector()));
        values.add(new Value(name + ".base", segment.base()));
        values.add(new Value(name + ".limit", segment.limit()));
        values.add(new Value(name + ".attributes", segment.rights()));
    }

    /** What differs between two runs of guests with the same memory, in the order above, then RAM by its first byte that differs. */
    public static List<Difference> differences(Monitor first, Monitor second) {
        List<Difference> differences = new ArrayList<>();
        Machine.State one = first.machine().save();
        Machine.State two = second.machine().save();
        compare(differences, processor(first.believed()), processor(second.believed()));
        compare(differences, devices(one), devices(two));
        for (int frame = 0; frame < frames(List.of(first, second)); frame++) {
            byte[] a = one.ram().frame(frame);
            byte[] b = two.ram().frame(frame);
            int at = Arrays.mismatch(a, b);
            if (at >= 0) {
                long address = (long) frame * Ram.FRAME_SIZE + at;
                differences.add(new Difference("[" + Long.toHexString(address) + "]", a[at] & 0xFF, b[at] & 0xFF));
            }
        }
        return differences;
    }

    /** Frames that guests of all runs have: beside some there is another domain. */
    private static int frames(List<Monitor> runs) {
        return runs.stream()
                .mapToInt(run -> run.machine().config().guestFrames())
                .min()
                .orElse(0);
    }

    /**
     * A value that not all runs share.
     *
     * @param values one for each run, in their order
     */
    public record Disagreement(String name, List<Long> values) {
        public Disagreement {
            values = List.copyOf(values);
        }
    }

    /**
     * What not all runs of guests with the same memory have in common, in the order of {@link #differences}.
     *
     * @param mostBytes of RAM that are named, at most one a frame: the first in which any run differs from the first run
     */
    public static List<Disagreement> disagreements(List<Monitor> runs, int mostBytes) {
        List<Machine.State> machines =
                runs.stream().map(run -> run.machine().save()).toList();
        List<Disagreement> all = new ArrayList<>();
        gather(all, runs.stream().map(run -> processor(run.believed())).toList());
        gather(all, machines.stream().map(GuestState::devices).toList());
        int frames = frames(runs);
        int named = 0;
        for (int frame = 0; frame < frames && named < mostBytes; frame++) {
            int number = frame;
            List<byte[]> contents = machines.stream()
                    .map(machine -> machine.ram().frame(number))
                    .toList();
            int at = contents.stream()
                    .mapToInt(bytes -> Arrays.mismatch(contents.get(0), bytes))
                    .filter(place -> place >= 0)
                    .min()
                    .orElse(-1);
            if (at >= 0) {
                named++;
                all.add(new Disagreement(
                        "[" + Long.toHexString((long) frame * Ram.FRAME_SIZE + at) + "]",
                        contents.stream()
                                .map(bytes -> (long) (bytes[at] & 0xFF))
                                .toList()));
            }
        }
        return all;
    }

    private static void gather(List<Disagreement> all, List<List<Value>> runs) {
        for (int i = 0; i < runs.get(0).size(); i++) {
            int place = i;
            List<Long> values = runs.stream().map(run -> run.get(place).value()).toList();
            if (values.stream().distinct().count() > 1) {
                all.add(new Disagreement(runs.get(0).get(i).name(), values));
            }
        }
    }

    private static void compare(List<Difference> differences, List<Value> first, List<Value> second) {
        for (int i = 0; i < first.size(); i++) {
            Value a = first.get(i);
            Value b = second.get(i);
            if (a.value != b.value) {
                differences.add(new Difference(a.name, a.value, b.value));
            }
        }
    }

    /** A device's state is a record of numbers and lists, so its text is the same in every process. */
    private static long hash(Record state) {
        long hash = StateHash.START;
        String text = state.toString();
        for (int i = 0; i < text.length(); i++) {
            hash = StateHash.mix(hash, text.charAt(i));
        }
        return hash;
    }
}
