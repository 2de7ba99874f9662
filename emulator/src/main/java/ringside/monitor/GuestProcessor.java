package ringside.monitor;

import ringside.cpu.Cpu;
import ringside.cpu.StepCache;
import ringside.machine.Machine;

/**
 * A machine with the processor that its guest believes in, ready to run: what every monitor starts from.
 *
 * @param machine the machine around it
 * @param cpu the processor, with the guest's own interrupt table and its view of memory, in the state that the image asks for
 * @param code decoded instructions, shared by all processors of the machine
 */
public record GuestProcessor(Machine machine, Cpu cpu, StepCache code) {}
