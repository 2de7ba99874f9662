package ringside.monitor.emulation;

import java.util.List;
import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.Gate;
import ringside.cpu.GuestBoundary;
import ringside.cpu.SystemState;
import ringside.cpu.instruction.InstructionSet;
import ringside.cpu.micro.Block;
import ringside.cpu.micro.Lowering;
import ringside.cpu.micro.MicroCode;
import ringside.machine.Machine;
import ringside.memory.Ram;
import ringside.monitor.Ending;
import ringside.monitor.GuestProcessor;
import ringside.monitor.Monitor;
import ringside.monitor.Translation;
import ringside.monitor.bare.Bare;

/**
 * An emulator, as QEMU is without acceleration. The processor is a program: no instruction of the guest ever runs as it stands, each is
 * translated, block by block, and its micro-operations change the state that the guest believes in. So nothing leaves the guest either,
 * for it never has a processor to leave. Time, interrupts and faults are the bare machine's.
 */
public final class Emulation implements Monitor {
    private final Bare processor;
    private final MicroCode code;

    public Emulation(GuestProcessor guest) {
        this(guest, Lowering.STANDARD);
    }

    /** With another translator's words for the same instructions. */
    public Emulation(GuestProcessor guest, Lowering lowering) {
        Machine machine = guest.machine();
        code = new MicroCode(
                machine.ram(), guest.code(), InstructionSet.decoder(), InstructionSet.behaviours(), lowering);
        Cpu image = guest.cpu();
        Cpu cpu = new Cpu(
                image.registers,
                image.system,
                new Cpu.Parts(
                                image.memory.physical(),
                                machine.ports(),
                                machine.clock(),
                                code,
                                Gate.RINGS,
                                new GuestBoundary(machine.interrupts()),
                                image.events())
                        .with(image.apic()));
        processor = new Bare(new GuestProcessor(machine, cpu, guest.code()));
    }

    @Override
    public void run(long until) {
        processor.run(until);
    }

    @Override
    public Optional<Ending> ending() {
        return processor.ending();
    }

    @Override
    public Machine machine() {
        return processor.machine();
    }

    @Override
    public Cpu real() {
        return processor.real();
    }

    @Override
    public Cpu believed() {
        return processor.believed();
    }

    @Override
    public Optional<Translation> translation() {
        return code.look(believed()).map(block -> new Translation(code.keeps(block), rows(block)));
    }

    private List<Translation.Row> rows(Block block) {
        Cpu cpu = believed();
        long base = cpu.is64Bit() ? 0 : cpu.system.segments[SystemState.CS].base();
        long origin = cpu.registers.rip() - (base + cpu.registers.rip() & Ram.OFFSET);
        return block.instructions().stream()
                .map(instruction -> new Translation.Row(origin + instruction.offset(), lines(instruction)))
                .toList();
    }

    private static List<Translation.Line> lines(Block.Instruction instruction) {
        return instruction.operations().stream()
                .map(operation -> new Translation.Line(
                        instruction.text(operation), operation.kind().name()))
                .toList();
    }

    @Override
    public Optional<Translation.Counts> translated() {
        MicroCode.Counts made = code.counts();
        return Optional.of(new Translation.Counts(
                made.blocks(),
                made.instructions(),
                made.operations(),
                code.unit().performed(),
                code.unit().calls(),
                made.dropped(),
                0));
    }

    private record Saved(State processor, MicroCode.State code) implements State {
        @Override
        public Machine.State machine() {
            return processor.machine();
        }
    }

    @Override
    public State save() {
        return new Saved(processor.save(), code.save());
    }

    @Override
    public void restore(State state) {
        Saved saved = (Saved) state;
        processor.restore(saved.processor);
        code.restore(saved.code);
    }
}
