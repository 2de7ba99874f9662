package ringside.cpu;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.isa.CodeSource;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.UndefinedInstruction;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;
import ringside.mmu.SegmentRegister;

/**
 * Code as it lies in memory: instructions are decoded once for each frame and offset, and dropped exactly when one of their bytes is
 * written. All processors of a machine share it.
 *
 * <p>An instruction that crosses into another page is kept with its bytes, and used again only where they are still the same.
 */
public final class StepCache implements Code, Ram.Observer {
    /** More frames of code than this, and the cache starts over: it bounds memory, 4,000 frames are 16 MiB of guest code. */
    private static final int MOST_FRAMES = 4000;

    private static final int LONGEST = 15;

    private final Ram ram;
    private final Decoder decoder;
    private final List<Behaviour> behaviours;
    private final @Nullable CodeFrame[] frames;
    private int used;

    private final Fetcher fetcher = new Fetcher();

    /** Instructions that begin in the last bytes of a page, by those offsets. */
    private static final int CROSSINGS = 16;

    private final @Nullable Crossing[] crossings = new Crossing[CROSSINGS];

    private record Crossing(int bits, byte[] bytes, Step step) {}

    /** Steps of one frame, for code of 16, 32 and 64 bits. */
    private static final class CodeFrame {
        final Step[] @Nullable [] steps = new Step[3][];
        final long[] covered = new long[Ram.FRAME_SIZE / 64];

        void keep(int size, int offset, Step step) {
            Step[] ofSize = steps[size];
            if (ofSize == null) {
                ofSize = new Step[Ram.FRAME_SIZE];
                steps[size] = ofSize;
            }
            ofSize[offset] = step;
            step.keptIn = ofSize;
            for (int i = offset; i < offset + step.length; i++) {
                covered[i >>> 6] |= 1L << i;
            }
        }

        boolean covers(int offset, int size) {
            for (int i = offset; i < offset + size; i++) {
                if ((covered[i >>> 6] & 1L << i) != 0) {
                    return true;
                }
            }
            return false;
        }

        void drop(int offset, int size) {
            for (Step[] ofSize : steps) {
                if (ofSize != null) {
                    for (int i = Math.max(0, offset - LONGEST + 1); i < offset + size; i++) {
                        Step step = ofSize[i];
                        if (step != null && i + step.length > offset) {
                            ofSize[i] = null;
                            step.keptIn = null;
                        }
                    }
                }
            }
        }
    }

    /** @param behaviours by {@link ringside.isa.Form#ordinal} */
    public StepCache(Ram ram, Decoder decoder, List<Behaviour> behaviours) {
        this.ram = ram;
        this.decoder = decoder;
        this.behaviours = List.copyOf(behaviours);
        this.frames = new CodeFrame[ram.frames()];
        ram.observe(this);
    }

    @Override
    public Step fetch(Cpu cpu) {
        long rip = cpu.registers.rip();
        fetcher.begin(cpu, rip);
        long linear = fetcher.judge(rip);
        long physical = cpu.memory.translateFetch(linear);
        int frame = cpu.memory.physical().frame(physical, PhysicalMemory.Use.FETCH, linear);
        int offset = (int) physical & Ram.OFFSET;
        int bits = cpu.codeBits();
        Step known = frame == PhysicalMemory.NONE ? null : known(frame, offset, bits);
        if (known != null) {
            fetcher.judge(rip + known.length - 1);
            return known;
        }
        boolean crosses = offset > Ram.FRAME_SIZE - LONGEST;
        if (crosses) {
            Crossing crossing = crossings[offset & CROSSINGS - 1];
            if (crossing != null && crossing.bits == bits && fetcher.hasBytes(crossing.bytes)) {
                return crossing.step;
            }
            fetcher.begin(cpu, rip);
        }
        Step step = decode(bits);
        if (frame != PhysicalMemory.NONE && offset + step.length <= Ram.FRAME_SIZE) {
            keep(frame, offset, bits, step);
        } else {
            crossings[offset & CROSSINGS - 1] = new Crossing(bits, fetcher.bytesOf(step.length), step);
        }
        return step;
    }

    private @Nullable Step known(int frame, int offset, int bits) {
        CodeFrame code = frames[frame];
        if (code == null) {
            return null;
        }
        Step[] steps = code.steps[index(bits)];
        return steps == null ? null : steps[offset];
    }

    private Step decode(int bits) {
        Decoded decoded;
        try {
            decoded = decoder.decode(fetcher, bits);
        } catch (UndefinedInstruction undefined) {
            throw undefined.reason() == UndefinedInstruction.Reason.TOO_LONG
                    ? Fault.generalProtection(0)
                    : Fault.invalidOpcode();
        }
        return bind(decoded, behaviours.get(decoded.form.ordinal()));
    }

    /** A step from a decoded instruction. */
    public static Step bind(Decoded decoded, Behaviour behaviour) {
        Place[] places = {Place.ABSENT, Place.ABSENT, Place.ABSENT};
        var operands = decoded.form.operands();
        for (int i = 0; i < operands.size(); i++) {
            places[i] = Place.of(operands.get(i), decoded, i);
        }
        return new Step(decoded, behaviour, places[0], places[1], places[2]);
    }

    private void keep(int frame, int offset, int bits, Step step) {
        CodeFrame code = frames[frame];
        if (code == null) {
            if (++used > MOST_FRAMES) {
                clear();
                used = 1;
            }
            code = new CodeFrame();
            frames[frame] = code;
            ram.watch(frame);
        }
        code.keep(index(bits), offset, step);
    }

    private static int index(int bits) {
        return bits == 16 ? 0 : bits == 32 ? 1 : 2;
    }

    @Override
    public Step @Nullable [] stepsOfFrame(int frame, int bits) {
        CodeFrame code = frame == PhysicalMemory.NONE ? null : frames[frame];
        return code == null ? null : code.steps[index(bits)];
    }

    /** Drops every step; they are decoded again when they run. */
    private void clear() {
        Arrays.fill(frames, null);
        ram.forgetCode();
    }

    @Override
    public void written(int frame, int offset, int size) {
        CodeFrame code = frames[frame];
        if (code != null && code.covers(offset, size)) {
            code.drop(offset, size);
        }
    }

    @Override
    public void dropWritable() {}

    @Override
    public void dropAll() {}

    /** Hands the decoder the bytes at CS:RIP, with the faults of a fetch. */
    private static final class Fetcher implements CodeSource {
        private @Nullable Cpu cpu;
        private long rip;
        private long page;
        private byte[] bytes = {};
        private final byte[] taken = new byte[LONGEST];
        private int count;

        void begin(Cpu fetching, long from) {
            cpu = fetching;
            rip = from;
            page = -1;
            count = 0;
        }

        /** SDM 3A, Limit Checking: the byte must lie inside the code segment; in 64-bit mode it must be canonical. */
        long judge(long at) {
            Cpu fetching = fetching();
            if (fetching.is64Bit()) {
                if (!Cpu.isCanonical(at)) {
                    throw Fault.generalProtection(0);
                }
                return at;
            }
            SegmentRegister cs = fetching.system.segments[SystemState.CS];
            if (at > cs.limit()) {
                throw Fault.generalProtection(0);
            }
            return cs.base() + at & 0xFFFF_FFFFL;
        }

        @Override
        public int next() {
            long linear = judge(rip++);
            if (linear >>> 12 != page) {
                Cpu fetching = fetching();
                PhysicalMemory physical = fetching.memory.physical();
                long address = fetching.memory.translateFetch(linear);
                int frame = physical.frame(address, PhysicalMemory.Use.FETCH, linear);
                if (frame == PhysicalMemory.NONE) {
                    return take((byte) physical.readOutside(address, 1));
                }
                bytes = physical.ram().readable(frame);
                page = linear >>> 12;
            }
            return take(bytes[(int) linear & Ram.OFFSET]);
        }

        private int take(byte value) {
            if (count < LONGEST) {
                taken[count++] = value;
            }
            return value & 0xFF;
        }

        /** Are these the next bytes? Fetches as many of them as agree. */
        boolean hasBytes(byte[] wanted) {
            for (byte one : wanted) {
                if ((byte) next() != one) {
                    return false;
                }
            }
            return true;
        }

        /** The first bytes fetched since {@link #begin}. */
        byte[] bytesOf(int length) {
            return Arrays.copyOf(taken, length);
        }

        private Cpu fetching() {
            if (cpu == null) {
                throw new IllegalStateException("nothing is being fetched");
            }
            return cpu;
        }
    }
}
