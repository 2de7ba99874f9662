package ringside.replay;

import java.util.Arrays;
import java.util.List;
import ringside.cpu.Cpu;
import ringside.machine.Machine;
import ringside.memory.Ram;
import ringside.monitor.Monitor;

/**
 * A number for everything that a guest can see: registers, the system state that it believes in, its RAM (and with it the accessed and dirty
 * flags of its tables), and the devices. The same in every mode, as long as the guest cannot tell them apart, and in every process.
 *
 * <p>Frames of RAM are hashed again only when they have changed since the last time.
 */
public final class StateHash {
    static final long START = 0xCBF2_9CE4_8422_2325L;

    private static final byte[] ZEROS = new byte[Ram.FRAME_SIZE];

    private final Monitor monitor;
    private final byte[][] frames;
    private final long[] hashes;
    private long ramHash;

    public StateHash(Monitor monitor) {
        this.monitor = monitor;
        frames = new byte[monitor.machine().config().guestFrames()][];
        Arrays.fill(frames, ZEROS);
        hashes = new long[frames.length];
    }

    /** The hash at the present boundary. */
    public long now() {
        Machine.State machine = monitor.machine().save();
        look(machine.ram());
        long hash = mix(START, ramHash);
        hash = mix(hash, GuestState.processor(monitor.believed()));
        return mix(hash, GuestState.devices(machine));
    }

    /**
     * The part of it that most instructions change: guest time, the general registers, RIP, RFLAGS and the ring. Quick, and allocates
     * nothing.
     */
    public long ofRegisters() {
        Cpu cpu = monitor.believed();
        long hash = mix(START, monitor.machine().clock().now());
        for (int i = 0; i < 16; i++) {
            hash = mix(hash, cpu.registers.get(i));
        }
        hash = mix(hash, cpu.registers.rip());
        hash = mix(hash, cpu.flags());
        return mix(hash, cpu.system.cpl);
    }

    /** One step of the hash: multiply and fold, so that every bit reaches every other after a few steps. */
    static long mix(long hash, long value) {
        long mixed = (hash ^ value) * 0x9E37_79B9_7F4A_7C15L;
        return mixed ^ mixed >>> 29;
    }

    private static long mix(long hash, List<GuestState.Value> values) {
        long mixed = hash;
        for (GuestState.Value value : values) {
            mixed = mix(mixed, value.value());
        }
        return mixed;
    }

    /** The sum over all frames, so that one frame can change alone; a frame of zeros counts nothing, allocated or not. */
    private void look(Ram.State ram) {
        for (int i = 0; i < frames.length; i++) {
            byte[] frame = ram.frame(i);
            if (frame != frames[i]) {
                ramHash -= hashes[i];
                hashes[i] = hash(frame, i);
                ramHash += hashes[i];
                frames[i] = frame;
            }
        }
    }

    private static long hash(byte[] frame, int number) {
        if (Arrays.equals(frame, ZEROS)) {
            return 0;
        }
        long hash = mix(START, number);
        for (int i = 0; i < Ram.FRAME_SIZE; i += 8) {
            hash = mix(hash, Ram.get(frame, i, 8));
        }
        return hash;
    }
}
