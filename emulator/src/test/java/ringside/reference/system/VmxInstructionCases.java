package ringside.reference.system;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Instructions that leave always or by one control, with it and without, in every mode: SDM 3C, Instructions That Cause VM Exits. */
final class VmxInstructionCases {
    static final Map<String, Supplier<VmxDraft>> MODES = new LinkedHashMap<>();

    static {
        MODES.put("real", VmxDraft::realMode);
        MODES.put("virtual-8086", () -> VmxDraft.virtual8086(0));
        MODES.put("ring 0", () -> VmxDraft.paged(0));
        MODES.put("ring 3", () -> VmxDraft.paged(3));
        MODES.put("64 bits", () -> VmxDraft.longMode(0));
        MODES.put("64 bits, ring 3", () -> VmxDraft.longMode(3));
        MODES.put("compatibility", () -> VmxDraft.compatibility(0));
    }

    /** Secondary controls that real mode needs anyway. */
    private static final int EPT_AND_UNRESTRICTED = 1 << 1 | 1 << 7;

    private final List<VmxCase> cases = new ArrayList<>();

    private VmxInstructionCases() {}

    static List<VmxCase> all() {
        var made = new VmxInstructionCases();
        made.always();
        made.byPrimaryControl();
        made.bySecondaryControl();
        made.ofVmx();
        return made.cases;
    }

    private void everywhere(String form, UnaryOperator<VmxDraft> controls, String... lines) {
        MODES.forEach((mode, draft) -> {
            VmxDraft made = controls.apply(draft.get());
            cases.add(made.code(lines).named("%s; %s", form, mode));
        });
    }

    private static int secondary(String mode) {
        return mode.equals("real") ? EPT_AND_UNRESTRICTED : 0;
    }

    private void always() {
        everywhere("always: CPUID", d -> d, "cpuid");
        everywhere("always: INVD", d -> d, "invd");
        everywhere("always: VMCALL", d -> d, "vmcall");
        everywhere("always: VMXOFF", d -> d, "vmxoff");
        everywhere("always: VMLAUNCH", d -> d, "vmlaunch");
        everywhere("always: VMRESUME", d -> d, "vmresume");
        everywhere("always: HLT", d -> d, "hlt");
        everywhere("never: GETSEC without CR4.SMXE", d -> d, "db 0x0F, 0x37");
        everywhere("never: RSM outside SMM", d -> d, "rsm");
        everywhere("never: UD2", d -> d, "ud2");
        everywhere("never: XSETBV without CR4.OSXSAVE", d -> d, "db 0x0F, 0x01, 0xD1");
        everywhere("never: VMFUNC", d -> d, "db 0x0F, 0x01, 0xD4");
    }

    /** With the primary control and without; what the instruction would read of a clock is wiped. */
    private void primary(String form, int bit, String... lines) {
        MODES.forEach((mode, draft) -> {
            int secondary = secondary(mode);
            cases.add(draft.get().secondary(secondary, bit).code(lines).named("control: %s; %s", form, mode));
            cases.add(draft.get().secondary(secondary, 0).code(lines).named("no control: %s; %s", form, mode));
        });
    }

    private void byPrimaryControl() {
        primary("INVLPG", 1 << 9, "invlpg [0x1234]");
        primary("INVLPG with a base", 1 << 9, "mov ebx, 0x5678", "invlpg [ebx + 0x10]");
        primary("RDPMC", 1 << 11, "rdpmc", "xor eax, eax", "xor edx, edx");
        primary("RDTSC", 1 << 12, "rdtsc", "xor eax, eax", "xor edx, edx");
        primary("PAUSE", 1 << 30, "pause");
        primary("MONITOR", 1 << 29, "monitor");
        MODES.forEach((mode, draft) -> {
            cases.add(draft.get()
                    .secondary(secondary(mode), 1 << 10)
                    .code("mwait")
                    .named("control: MWAIT; %s", mode));
            cases.add(draft.get()
                    .secondary(secondary(mode), 1 << 10)
                    .set("rax", VmxArea.DATA)
                    .code("monitor", "mwait")
                    .named("control: MWAIT, armed; %s", mode));
        });
    }

    private void secondary(String form, int bit, String... lines) {
        MODES.forEach((mode, draft) -> {
            int secondary = secondary(mode);
            cases.add(draft.get().secondary(secondary | bit, 0).code(lines).named("control: %s; %s", form, mode));
            cases.add(draft.get().secondary(secondary, 0).code(lines).named("no control: %s; %s", form, mode));
        });
    }

    private void bySecondaryControl() {
        secondary("WBINVD", 1 << 6, "wbinvd");
        secondary("RDTSCP", 1 << 3, "rdtscp", "xor eax, eax", "xor ecx, ecx", "xor edx, edx");
        int leaving = 1 << 12;
        MODES.forEach((mode, draft) -> cases.add(draft.get()
                .secondary(secondary(mode) | 1 << 3, leaving)
                .code("rdtscp")
                .named("control: RDTSCP with that of RDTSC; %s", mode)));
        cases.add(VmxDraft.paged(3).set(GUEST_CR4, 0x2014).code("rdtscp").named("no control: RDTSCP with CR4.TSD"));
        String wide = "ecx";
        MODES.forEach((mode, draft) -> {
            String register = mode.startsWith("64") ? "rcx" : wide;
            cases.add(draft.get()
                    .secondary(secondary(mode) | 1 << 12, 1 << 9)
                    .code("invpcid " + register + ", [0x800]")
                    .named("control: INVPCID; %s", mode));
            cases.add(draft.get()
                    .secondary(secondary(mode), 1 << 9)
                    .code("invpcid " + register + ", [0x800]")
                    .named("no control: INVPCID; %s", mode));
        });
        String[] tables = {
            "lgdt [0x800]", "lidt [0x800]", "sgdt [0x800]", "sidt [0x800]", "lldt [0x800]", "ltr [0x800]",
                    "sldt [0x800]",
            "str [0x800]", "lldt cx", "ltr dx", "sldt bx", "str si", "sgdt [ebx + esi * 4 + 0x12]", "fs lidt [ecx]",
            "sldt [ebp + edi * 8 - 4]", "gs str [eax]", "sldt ecx"
        };
        for (String line : tables) {
            MODES.forEach((mode, draft) -> cases.add(draft.get()
                    .secondary(secondary(mode) | 1 << 2, 0)
                    .code(line)
                    .named(
                            "descriptor table: %s; %s",
                            line.replaceAll("\\[.*", "m").trim(), mode + ", " + line)));
        }
        for (String line : new String[] {"sgdt [r9 + r10 * 2]", "sldt r11", "o16 sldt [rel 0x20100]", "lldt [rsp]"}) {
            cases.add(VmxDraft.longMode(0)
                    .secondary(1 << 2, 0)
                    .code(line)
                    .named(
                            "descriptor table: %s; 64 bits, %s",
                            line.replaceAll("\\[.*", "m").trim(), line));
        }
    }

    /** Instructions of VMX leave before anything of their operands is looked at; the information says where these are. */
    private void ofVmx() {
        for (String name : new String[] {"vmclear", "vmptrld", "vmptrst", "vmxon"}) {
            everywhere("of VMX: " + name.toUpperCase(java.util.Locale.ROOT), d -> d, name + " [0x800]");
            everywhere(
                    "of VMX: " + name.toUpperCase(java.util.Locale.ROOT) + " with base and index",
                    d -> d,
                    name + " [ebx + esi * 8 + 0x12345678]");
        }
        for (boolean read : new boolean[] {true, false}) {
            String name = read ? "VMREAD" : "VMWRITE";
            MODES.forEach((mode, draft) -> {
                boolean wide = mode.startsWith("64");
                String a = wide ? "rdx" : "edx";
                String b = wide ? "rbp" : "ebp";
                String register = name.toLowerCase(java.util.Locale.ROOT) + " " + a + ", " + b;
                String memory = read ? "vmread [ebx + 4], " + b : "vmwrite " + a + ", [ecx * 2 + 0x10]";
                cases.add(draft.get().code(register).named("of VMX: %s; %s, registers", name, mode));
                cases.add(draft.get().code(memory).named("of VMX: %s; %s, memory", name, mode));
            });
        }
        for (String name : new String[] {"INVEPT", "INVVPID"}) {
            MODES.forEach((mode, draft) -> {
                String register = mode.startsWith("64") ? "rsi" : "esi";
                cases.add(draft.get()
                        .code(name.toLowerCase(java.util.Locale.ROOT) + " " + register + ", [edi + 8]")
                        .named("of VMX: %s; %s", name, mode));
            });
        }
        cases.add(VmxDraft.longMode(0).code("vmread r9, r14").named("of VMX: VMREAD; R9 and R14"));
        cases.add(VmxDraft.longMode(0).code("vmwrite r15, [r8 + r12]").named("of VMX: VMWRITE; R15 and memory"));
        cases.add(VmxDraft.longMode(0).code("vmptrld [rel 0x20010]").named("of VMX: VMPTRLD; RIP-relative"));
        cases.add(VmxDraft.longMode(0)
                .set(CR0_READ_SHADOW, 0)
                .code("gs vmclear [r13 - 1]")
                .named("of VMX: VMCLEAR; GS, R13, a negative displacement"));
    }
}
