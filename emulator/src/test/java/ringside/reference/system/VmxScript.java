package ringside.reference.system;

import java.io.ByteArrayOutputStream;
import java.util.List;
import ringside.cpu.vmx.VmcsField;

/** Steps that vmx-hypervisor.asm does one after the other. */
final class VmxScript {
    private static final int END = 0;
    private static final int BYTES = 1;
    private static final int FIELD = 2;
    private static final int GENERAL = 3;
    private static final int ENTER = 4;
    private static final int CALL = 5;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    VmxScript bytes(int address, byte[] bytes) {
        four(BYTES);
        four(address);
        four(bytes.length);
        out.writeBytes(bytes);
        out.writeBytes(new byte[-bytes.length & 3]);
        return this;
    }

    VmxScript field(VmcsField field, long value) {
        four(FIELD);
        four(field.encoding());
        out.writeBytes(Area.eight(value));
        return this;
    }

    /** @param values RAX, RCX, RDX, RBX, RBP, RSI, RDI */
    VmxScript general(List<Long> values) {
        four(GENERAL);
        values.forEach(value -> out.writeBytes(Area.eight(value)));
        return this;
    }

    VmxScript enter(int ways) {
        four(ENTER);
        four(ways);
        return this;
    }

    VmxScript call() {
        four(CALL);
        return this;
    }

    private void four(long value) {
        out.writeBytes(Area.four(value));
    }

    /** The steps, and the end. */
    byte[] finished() {
        var all = new ByteArrayOutputStream();
        all.writeBytes(out.toByteArray());
        all.writeBytes(Area.four(END));
        return all.toByteArray();
    }
}
