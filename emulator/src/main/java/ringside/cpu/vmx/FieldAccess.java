package ringside.cpu.vmx;

import java.util.Optional;

/**
 * A field as VMREAD and VMWRITE name it (SDM 3D, Field Encoding in VMCS): all of it, or with bit 0 of the encoding the high half of a field
 * of 64 bits.
 */
record FieldAccess(VmcsField field, boolean high) {
    /** Bits 31:15 and 12 of an encoding are reserved. */
    private static final long KNOWN = 0x6FFF;

    private static final int HIGH = 1;
    private static final int WIDTH_64 = 1;

    /** @return empty where the processor has no such field */
    static Optional<FieldAccess> of(long encoding, VmxCapabilities capabilities) {
        boolean high = (encoding & HIGH) != 0;
        if ((encoding & ~KNOWN) != 0 || high && (encoding >>> 13 & 3) != WIDTH_64) {
            return Optional.empty();
        }
        return VmcsField.of((int) encoding & ~HIGH)
                .filter(capabilities::hasField)
                .map(field -> new FieldAccess(field, high));
    }

    long read(Vmcs vmcs) {
        return high ? vmcs.read(field) >>> 32 : vmcs.read(field);
    }

    /** An instruction of 32 bits clears the high half of a field that it names as a whole. */
    void write(Vmcs vmcs, long value) {
        vmcs.write(field, high ? vmcs.read(field) & 0xFFFF_FFFFL | value << 32 : value);
    }
}
