package ringside.monitor.kvm;

import ringside.memory.Ram;

/**
 * The shared page {@code struct kvm_run} and the page for port data behind it, laid out as linux/kvm.h does: what kernel and user space tell
 * each other around KVM_RUN.
 */
public final class KvmRun {
    /** Bytes of KVM_GET_VCPU_MMAP_SIZE: run page, port data page, coalesced ring. */
    public static final int SIZE = 3 * 4096;

    private static final int REQUEST_INTERRUPT_WINDOW = 0;
    private static final int EXIT_REASON = 8;
    private static final int READY_FOR_INTERRUPT_INJECTION = 12;
    private static final int IF_FLAG = 13;
    private static final int CR8 = 16;
    private static final int APIC_BASE = 24;
    private static final int EOI_VECTOR = 32;
    private static final int IO_DIRECTION = 32;
    private static final int IO_SIZE = 33;
    private static final int IO_PORT = 34;
    private static final int IO_COUNT = 36;
    private static final int IO_DATA_OFFSET = 40;
    private static final int MMIO_ADDRESS = 32;
    private static final int MMIO_DATA = 40;
    private static final int MMIO_LENGTH = 48;
    private static final int MMIO_IS_WRITE = 52;
    private static final int PORT_DATA = 4096;

    private final byte[] bytes = new byte[SIZE];

    private long get(int offset, int size) {
        return Ram.get(bytes, offset, size);
    }

    private void put(int offset, int size, long value) {
        Ram.put(bytes, offset, size, value);
    }

    public boolean requestsInterruptWindow() {
        return get(REQUEST_INTERRUPT_WINDOW, 1) != 0;
    }

    void requestInterruptWindow(boolean request) {
        put(REQUEST_INTERRUPT_WINDOW, 1, request ? 1 : 0);
    }

    public int exitReason() {
        return (int) get(EXIT_REASON, 4);
    }

    /** The guest's IF, and whether KVM_INTERRUPT would be taken now. */
    void report(KvmExit reason, boolean interruptFlag, boolean ready) {
        put(EXIT_REASON, 4, reason.number());
        put(IF_FLAG, 1, interruptFlag ? 1 : 0);
        put(READY_FOR_INTERRUPT_INJECTION, 1, ready ? 1 : 0);
    }

    /** The guest's task priority, and its IA32_APIC_BASE. */
    void report(long taskPriority, long apicBase) {
        put(CR8, 8, taskPriority);
        put(APIC_BASE, 8, apicBase);
    }

    /** The guest's CR8. */
    public long taskPriority() {
        return get(CR8, 8);
    }

    void endOfInterrupt(int vector) {
        put(EOI_VECTOR, 1, vector);
    }

    /** The vector whose service has ended. */
    public int endedVector() {
        return (int) get(EOI_VECTOR, 1);
    }

    public boolean readyForInterruptInjection() {
        return get(READY_FOR_INTERRUPT_INJECTION, 1) != 0;
    }

    void io(boolean out, int port, int size, int count) {
        put(IO_DIRECTION, 1, out ? 1 : 0);
        put(IO_SIZE, 1, size);
        put(IO_PORT, 2, port);
        put(IO_COUNT, 4, count);
        put(IO_DATA_OFFSET, 8, PORT_DATA);
    }

    public boolean ioIsOut() {
        return get(IO_DIRECTION, 1) != 0;
    }

    public int ioSize() {
        return (int) get(IO_SIZE, 1);
    }

    public int ioPort() {
        return (int) get(IO_PORT, 2);
    }

    /** How many units the guest sends or shall receive. */
    public int ioCount() {
        return (int) get(IO_COUNT, 4);
    }

    /** The next unit of those that user space sends ahead, which the emulator takes next. */
    void nextIoData(int value) {
        put(IO_DATA_OFFSET, 8, get(IO_DATA_OFFSET, 8) + ioSize());
        ioData(value);
    }

    /** What OUT sent or IN shall receive: one unit of {@link #ioSize}. */
    public int ioData() {
        return (int) get((int) get(IO_DATA_OFFSET, 8), ioSize());
    }

    void ioData(int value) {
        put((int) get(IO_DATA_OFFSET, 8), ioSize(), value);
    }

    void mmio(long address, int length, boolean write) {
        put(MMIO_ADDRESS, 8, address);
        put(MMIO_LENGTH, 4, length);
        put(MMIO_IS_WRITE, 1, write ? 1 : 0);
    }

    public long mmioAddress() {
        return get(MMIO_ADDRESS, 8);
    }

    public boolean mmioIsWrite() {
        return get(MMIO_IS_WRITE, 1) != 0;
    }

    public int mmioLength() {
        return (int) get(MMIO_LENGTH, 4);
    }

    public long mmioData() {
        return get(MMIO_DATA, 8);
    }

    void mmioData(long value) {
        put(MMIO_DATA, 8, value);
    }

    /** The bytes of the mapping. */
    public byte[] bytes() {
        return bytes.clone();
    }

    void restore(byte[] saved) {
        System.arraycopy(saved, 0, bytes, 0, SIZE);
    }
}
