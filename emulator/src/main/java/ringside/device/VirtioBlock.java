package ringside.device;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import ringside.memory.Ram;

/**
 * A virtio disk of {@value #SECTORS} sectors, kept in the host's memory and all zeros at first: a request is one buffer, with a header, data
 * and a byte for the status (Virtual I/O Device specification 1.2, Block Device: Device Operation).
 */
public final class VirtioBlock implements VirtioDevice {
    public static final int SECTOR = 512;
    public static final int SECTORS = 128;

    private static final int BLOCK = 2;

    // Feature bits.
    private static final long SEGMENTS_MAX = 1 << 2;
    private static final long BLOCK_SIZE = 1 << 6;
    private static final long FLUSH = 1 << 9;

    // Device configuration layout.
    private static final int CAPACITY_AT = 0;
    private static final int SEGMENTS_MAX_AT = 12;
    private static final int BLOCK_SIZE_AT = 20;
    private static final int CONFIGURATION = 60;

    private static final int HEADER = 16;

    // Types of requests.
    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int FLUSH_REQUEST = 4;
    private static final int GET_ID = 8;

    private static final int ID_LENGTH = 20;
    private static final byte[] ID = Arrays.copyOf("ringside-disk".getBytes(StandardCharsets.US_ASCII), ID_LENGTH);

    // Status of a request.
    private static final int OK = 0;
    private static final int IO_ERROR = 1;
    private static final int UNSUPPORTED = 2;

    private static final byte[] NO_DATA = {};

    private static final byte[] LAYOUT = layout();

    private byte[] disk = new byte[SECTORS * SECTOR];

    /** The disk as it was last saved, while nobody has written to it since. */
    private Optional<Content> saved = Optional.empty();

    private static byte[] layout() {
        byte[] bytes = new byte[CONFIGURATION];
        Ram.put(bytes, CAPACITY_AT, 8, SECTORS);
        Ram.put(bytes, SEGMENTS_MAX_AT, 4, Virtqueue.MOST - 2);
        Ram.put(bytes, BLOCK_SIZE_AT, 4, SECTOR);
        return bytes;
    }

    @Override
    public int id() {
        return BLOCK;
    }

    @Override
    public long features() {
        return SEGMENTS_MAX | BLOCK_SIZE | FLUSH;
    }

    @Override
    public int queues() {
        return 1;
    }

    @Override
    public int configuration(int offset) {
        return offset < LAYOUT.length ? LAYOUT[offset] : 0;
    }

    @Override
    public int serve(int index, Virtqueue queue) {
        Optional<Virtqueue.Buffer> next = queue.take();
        if (next.isEmpty()) {
            return NOTHING;
        }
        Virtqueue.Buffer buffer = next.get();
        byte[] sent = queue.read(buffer);
        int room = Virtqueue.Buffer.bytes(buffer.writable());
        boolean endsInStatus =
                room > 0 && buffer.writable().get(buffer.writable().size() - 1).length() > 0;
        if (sent.length < HEADER || !endsInStatus) {
            queue.refuse();
            return NOTHING;
        }
        Answer answer = answer(sent, room - 1);
        int written = queue.write(buffer, answer.data);
        queue.writeLast(buffer, answer.status);
        queue.give(buffer, written + 1);
        return sent.length + written + 1;
    }

    /** What the device writes: data, and the status behind it. */
    private record Answer(int status, byte[] data) {
        static Answer of(int status) {
            return new Answer(status, NO_DATA);
        }
    }

    /**
     * Does what is asked for.
     *
     * @param sent header and data
     * @param room bytes for an answer, the status apart
     */
    private Answer answer(byte[] sent, int room) {
        int type = (int) Ram.get(sent, 0, 4);
        long sector = Ram.get(sent, 8, 8);
        int length = sent.length - HEADER;
        return switch (type) {
            case IN -> isOnDisk(sector, room) ? read(sector, room) : Answer.of(IO_ERROR);
            case OUT -> {
                if (!isOnDisk(sector, length)) {
                    yield Answer.of(IO_ERROR);
                }
                System.arraycopy(sent, HEADER, toWrite(), (int) sector * SECTOR, length);
                yield Answer.of(OK);
            }
            case FLUSH_REQUEST -> Answer.of(OK); // all that was written is there
            case GET_ID -> new Answer(OK, Arrays.copyOf(ID, Math.min(room, ID_LENGTH)));
            default -> Answer.of(UNSUPPORTED);
        };
    }

    private Answer read(long sector, int length) {
        int from = (int) sector * SECTOR;
        return new Answer(OK, Arrays.copyOfRange(disk, from, from + length));
    }

    /** Whole sectors that the disk has. */
    private static boolean isOnDisk(long sector, int length) {
        return length % SECTOR == 0 && sector >= 0 && sector <= SECTORS - length / SECTOR;
    }

    /** The disk's bytes; a snapshot keeps its own. */
    private byte[] toWrite() {
        if (saved.isPresent()) {
            saved = Optional.empty();
            disk = disk.clone();
        }
        return disk;
    }

    /** The bytes of the disk. */
    public byte[] disk() {
        return disk.clone();
    }

    /** What is on the disk. */
    public record State(Content content) {
        /** How many bytes this state holds that the other does not share. */
        public long bytesNotSharedWith(State other) {
            return content == other.content ? 0 : content.bytes.length;
        }
    }

    public State save() {
        Content content = saved.orElseGet(() -> new Content(disk));
        saved = Optional.of(content);
        return new State(content);
    }

    public void restore(State state) {
        disk = state.content.bytes;
        saved = Optional.of(state.content);
    }

    /** Bytes that nobody changes any more. */
    public static final class Content {
        private final byte[] bytes;
        private final long sum;

        private Content(byte[] bytes) {
            this.bytes = bytes;
            long mixed = 0;
            for (byte value : bytes) {
                mixed = (mixed ^ value & 0xFF) * 0x100_0000_01B3L;
            }
            sum = mixed;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Content that && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return Long.hashCode(sum);
        }

        /** A sum over all bytes: FNV-1a. */
        public long sum() {
            return sum;
        }
    }
}
