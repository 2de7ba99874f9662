package ringside.device;

import ringside.bus.Device;
import ringside.memory.Ram;

/** A driver of one virtqueue, written from the specification's driver requirements: what a guest would do. */
final class VirtioDriver {
    static final int SIZE = 8;
    static final int DESCRIPTORS = 0x1000;
    static final int AVAILABLE = 0x2000;
    static final int USED = 0x3000;

    private final Device registers;
    private final Ram ram;
    private final int index;
    private int offered;

    VirtioDriver(Device registers, Ram ram, int index) {
        this.registers = registers;
        this.ram = ram;
        this.index = index;
    }

    int get(int register) {
        return registers.read(register, 4);
    }

    void set(int register, int value) {
        registers.write(register, 4, value);
    }

    /** Device Initialization, up to FEATURES_OK. @return the status that the device shows then */
    int negotiate(long features) {
        set(0x070, 0);
        set(0x070, 1);
        set(0x070, 3);
        set(0x024, 0);
        set(0x020, (int) features);
        set(0x024, 1);
        set(0x020, (int) (features >>> 32));
        set(0x070, 11);
        return get(0x070);
    }

    /** Virtqueue Configuration, then DRIVER_OK. */
    void start() {
        queue(SIZE, DESCRIPTORS, AVAILABLE, USED);
        set(0x070, 15);
    }

    void queue(int size, int descriptors, int available, int used) {
        set(0x030, index);
        set(0x038, size);
        set(0x080, descriptors);
        set(0x084, 0);
        set(0x090, available);
        set(0x094, 0);
        set(0x0A0, used);
        set(0x0A4, 0);
        set(0x044, 1);
    }

    /** @param flags 1 a further one follows, 2 the device may write it, 4 it is indirect */
    void descriptor(int number, long address, int length, int flags, int next) {
        long at = DESCRIPTORS + 16L * number;
        ram.write(at, 8, address);
        ram.write(at + 8, 4, length);
        ram.write(at + 12, 2, flags);
        ram.write(at + 14, 2, next);
    }

    /** Puts the chain into the available ring, without a ring of the bell. */
    void offer(int head) {
        ram.write(AVAILABLE + 4 + 2L * (offered % SIZE), 2, head);
        offered++;
        ram.write(AVAILABLE + 2, 2, offered);
    }

    void ring() {
        set(0x050, index);
    }

    void noInterrupts() {
        ram.write(AVAILABLE, 2, 1);
    }

    int used() {
        return (int) ram.read(USED + 2, 2);
    }

    /** The length of the entry of the used ring. */
    int written(int entry) {
        return (int) ram.read(USED + 4 + 8L * entry + 4, 4);
    }

    int head(int entry) {
        return (int) ram.read(USED + 4 + 8L * entry, 4);
    }

    String text(long address, int length) {
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) ram.read(address + i, 1));
        }
        return text.toString();
    }

    void put(long address, String text) {
        for (int i = 0; i < text.length(); i++) {
            ram.write(address + i, 1, text.charAt(i));
        }
    }
}
