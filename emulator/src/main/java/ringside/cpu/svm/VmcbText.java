package ringside.cpu.svm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import ringside.cpu.Fault;
import ringside.cpu.RegisterBits;
import ringside.mmu.Rights;
import ringside.probe.Inspection;
import ringside.probe.Inspection.BitNames;
import ringside.probe.Inspection.Group;
import ringside.probe.Inspection.Item;
import ringside.probe.Inspection.Term;

/** A VMCB told field by field: APM 2, Layout of VMCB; with offsets, intercepts by name, and values in words. */
public final class VmcbText {
    private static final int STATE_SAVE_AREA = 0x400;
    private static final Map<VmcbField, BitNames> BITS = new EnumMap<>(VmcbField.class);

    static {
        BITS.put(VmcbField.CR0, RegisterBits.CR0);
        BITS.put(VmcbField.CR4, RegisterBits.CR4);
        BITS.put(VmcbField.EFER, RegisterBits.EFER);
        BITS.put(VmcbField.RFLAGS, RegisterBits.RFLAGS);
        BITS.put(
                VmcbField.V_INTR,
                BitNames.none()
                        .field(0, 8, "V_TPR", "")
                        .bit(8, "V_IRQ", "")
                        .bit(9, "VGIF", "")
                        .field(16, 4, "V_INTR_PRIO", "")
                        .bit(20, "V_IGN_TPR", "")
                        .bit(24, "V_INTR_MASKING", ""));
        BITS.put(VmcbField.NP_ENABLE, BitNames.none().bit(0, "NP_ENABLE", ""));
        BITS.put(
                VmcbField.INTERRUPT_SHADOW,
                BitNames.none().bit(0, "INTERRUPT_SHADOW", "").bit(1, "GUEST_INTERRUPT_MASK", ""));
        for (VmcbField field : List.of(
                VmcbField.CR_READ_INTERCEPTS,
                VmcbField.CR_WRITE_INTERCEPTS,
                VmcbField.DR_READ_INTERCEPTS,
                VmcbField.DR_WRITE_INTERCEPTS)) {
            BITS.put(field, numbered(field.name().substring(0, 2)));
        }
        BITS.put(VmcbField.EXCEPTION_INTERCEPTS, exceptions());
        for (VmcbField field : List.of(VmcbField.INTERCEPTS_60, VmcbField.INTERCEPTS_80, VmcbField.INTERCEPTS_A0)) {
            BITS.put(field, intercepts(field));
        }
    }

    private VmcbText() {}

    /** All fields of it, as they are now; the block must be in RAM. */
    public static Inspection of(Vmcb vmcb) {
        return of(vmcb, "vmcb.save");
    }

    /** The same of a guest that may be running: the state-save area holds what a #VMEXIT would leave there now. */
    public static Inspection ofRunningGuest(Vmcb vmcb) {
        return of(vmcb, "vmcb.save-now");
    }

    private static Inspection of(Vmcb vmcb, String save) {
        return new Inspection(List.of(
                new Group(Term.of("vmcb.control", Inspection.hex(vmcb.address())), area(vmcb, false), 0),
                Group.of(save, area(vmcb, true))));
    }

    private static List<Item> area(Vmcb vmcb, boolean save) {
        return Arrays.stream(VmcbField.values())
                .filter(field -> field.offset() >= STATE_SAVE_AREA == save)
                .map(field -> item(field, vmcb.read(field)))
                .toList();
    }

    private static Item item(VmcbField field, long value) {
        Item item = Item.of(field.name(), value)
                .at(String.format(Locale.ROOT, "%03XH", field.offset()))
                .saying(words(field, value));
        return Optional.ofNullable(BITS.get(field))
                .map(names -> item.with(names, value))
                .orElse(item);
    }

    private static List<Term> words(VmcbField field, long value) {
        if (field.name().endsWith("_ATTRIB")) {
            // APM 2, VMCB: attributes are packed, bits 11:8 of them are 55:52 of the descriptor.
            return Rights.inWords((int) (value & 0xFF | (value & 0xF00) << 4));
        }
        return switch (field) {
            case EXITCODE -> List.of(Term.of("named", exit(value)));
            case EVENTINJ, EXITINTINFO -> event(value);
            default -> List.of();
        };
    }

    private static String exit(long code) {
        if (code >= ExitCode.EXCP.number() && code < ExitCode.EXCP.number() + 32) {
            return "EXCP" + (code - ExitCode.EXCP.number());
        }
        return Arrays.stream(ExitCode.values())
                .filter(known -> known.number() == code)
                .map(Enum::name)
                .findFirst()
                .orElse(Inspection.hex(code));
    }

    /** APM 2, Event Injection. */
    private static List<Term> event(long value) {
        if ((value & Vmcb.VALID) == 0) {
            return List.of(Term.of("event.none"));
        }
        List<Term> words = new ArrayList<>();
        String type = switch ((int) (value >>> Vmcb.TYPE_SHIFT) & 7) {
            case 0 -> "external-interrupt";
            case 2 -> "nmi";
            case 3 -> "hardware-exception";
            case 4 -> "software-interrupt";
            default -> "reserved";
        };
        words.add(Term.of("event." + type));
        words.add(Term.of("vector", value & 0xFF));
        if ((value & Vmcb.ERROR_CODE_VALID) != 0) {
            words.add(Term.of("event.error-code"));
        }
        return words;
    }

    private static BitNames numbered(String register) {
        BitNames names = BitNames.none();
        for (int i = 0; i < 16; i++) {
            names = names.bit(i, register + i, "");
        }
        return names;
    }

    private static BitNames exceptions() {
        BitNames names = BitNames.none();
        for (int vector = 0; vector < 22; vector++) {
            names = names.bit(vector, vector + " " + Fault.name(vector), "");
        }
        return names;
    }

    private static BitNames intercepts(VmcbField field) {
        BitNames names = BitNames.none();
        for (ExitCode code : ExitCode.values()) {
            if (code.field() == field) {
                names = names.bit(code.bit(0), code.name(), "");
            }
        }
        return names;
    }
}
