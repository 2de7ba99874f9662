package ringside.reference.system;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.ArrayList;
import java.util.List;
import ringside.reference.system.VmxDraft.Way;

/** Instructions of VMX as the hypervisor performs them, and how they fail: SDM 3C, VM Instruction Error Numbers. */
final class VmxRootCases {
    private static final String VMCS = "[0x32800]";
    private static final int POINTER = VmxArea.CALLED + 0x800;

    private final List<VmxCase> cases = new ArrayList<>();

    private VmxRootCases() {}

    static List<VmxCase> all() {
        var made = new VmxRootCases();
        made.pointers();
        made.fields();
        made.launching();
        made.invalidations();
        made.operation();
        return made.cases;
    }

    private static VmxDraft pointer(long value) {
        return VmxDraft.paged(0).patch(POINTER, Area.eight(value));
    }

    private void pointers() {
        long[] values = {
            VmxArea.VMCS,
            VmxArea.VMCS + 8,
            VmxArea.VMCS + 1,
            VmxArea.VMXON_REGION,
            1L << 40 | 0x1000,
            1L << 52,
            -1,
            VmxArea.SPARE
        };
        for (long value : values) {
            for (String name : new String[] {"vmclear", "vmptrld", "vmxon"}) {
                cases.add(pointer(value)
                        .root(name + " " + VMCS)
                        .named("root: %s; %x", name.toUpperCase(java.util.Locale.ROOT), value));
                cases.add(pointer(value)
                        .root("vmclear [rel 0x32900]", name + " " + VMCS)
                        .patch(VmxArea.CALLED + 0x900, VmxArea.VMCS)
                        .root("vmclear [0x32900]", name + " " + VMCS)
                        .named("root: %s without a current VMCS; %x", name.toUpperCase(java.util.Locale.ROOT), value));
            }
        }
        for (long revision : new long[] {0, 0x8000_0000L, -1}) {
            cases.add(pointer(VmxArea.SPARE)
                    .patch(VmxArea.SPARE, revision)
                    .root("vmptrld " + VMCS)
                    .named("root: VMPTRLD; revision %x", revision));
        }
        cases.add(pointer(VmxArea.SPARE)
                .root(
                        "mov ecx, 0x480",
                        "rdmsr",
                        "mov [0x1B000], eax",
                        "vmclear " + VMCS,
                        "vmptrld " + VMCS,
                        "mov dword [0x1B000], 0",
                        "xor eax, eax",
                        "xor edx, edx")
                .named("root: VMPTRLD; another VMCS"));
        cases.add(VmxDraft.paged(0)
                .root("vmptrst [0x21000]", "mov rax, [0x21000]")
                .named("root: VMPTRST"));
        cases.add(pointer(VmxArea.VMCS)
                .root("vmclear " + VMCS, "vmptrst [0x21000]")
                .named("root: VMPTRST without a current VMCS"));
    }

    private void fields() {
        long[] encodings = {
            0x6800,
            0x4402,
            0x6400,
            0x2400,
            0x2401,
            0x2800,
            0x2801,
            0x0800,
            0x4000,
            0x0001,
            0x4001,
            0x6801,
            0x8000,
            0x10000,
            0x1_0000_6800L,
            0x7FFF,
            0x682A,
            0x0C0E,
            0x4C02,
            0x6C18,
            0x4830,
            -1,
            0x6801,
            0x200B
        };
        for (long encoding : encodings) {
            cases.add(VmxDraft.paged(0)
                    .set("rdx", encoding)
                    .root("vmread rax, rdx")
                    .named("root: VMREAD; %x", encoding));
            cases.add(VmxDraft.paged(0)
                    .set("rdx", encoding)
                    .set("rax", 0x1234_5678_9ABCL)
                    .root("vmwrite rdx, rax")
                    .named(
                            "root: VMWRITE%s; %x",
                            encoding < 0x8000 && (encoding >>> 10 & 3) == 1 ? " of a read-only field" : "", encoding));
        }
        for (long encoding : new long[] {0x0800, 0x4800, 0x2802, 0x2803, 0x6824, 0x2000, 0x2001, 0x6004}) {
            cases.add(VmxDraft.paged(0)
                    .set("rdx", encoding)
                    .set("rax", 0xFEDC_BA98_7654_3210L)
                    .root(
                            "vmwrite rdx, rax",
                            "vmread rcx, rdx",
                            "and edx, ~1",
                            "vmread rbx, rdx",
                            "xor eax, eax",
                            "vmwrite rdx, rax")
                    .named("root: widths; %x", encoding));
        }
        cases.add(pointer(VmxArea.VMCS)
                .set("rdx", 0x6800)
                .root("vmclear " + VMCS, "vmread rax, rdx")
                .named("root: VMREAD without a current VMCS"));
        cases.add(pointer(VmxArea.VMCS)
                .set("rdx", 0x6800)
                .root("vmclear " + VMCS, "vmwrite rdx, rax")
                .named("root: VMWRITE without a current VMCS"));
        cases.add(pointer(VmxArea.VMCS)
                .set("rdx", 0xFFFF)
                .root("vmclear " + VMCS, "vmread rax, rdx")
                .named("root: VMREAD of no field without a current VMCS"));
        cases.add(VmxDraft.paged(0)
                .set("rdx", 0x6800)
                .root("vmread [0x21000], rdx", "vmwrite rdx, [0x21000]")
                .named("root: VMREAD and VMWRITE of memory"));
        cases.add(VmxDraft.paged(0)
                .set("rdx", 0xFFFF)
                .root("vmread [0x8000000000000000], rdx")
                .named("root: VMREAD of no field to no address"));
    }

    private void launching() {
        cases.add(VmxDraft.paged(0).code("cpuid", "nop").enter().enter().named("root: VMLAUNCH of a launched VMCS"));
        cases.add(VmxDraft.paged(0).code("cpuid", "nop").enter(Way.RESUME).named("root: VMRESUME of a clear VMCS"));
        cases.add(VmxDraft.paged(0)
                .code("cpuid", "nop")
                .enter()
                .enter(Way.RESUME, Way.SKIP)
                .named("root: VMRESUME"));
        cases.add(VmxDraft.paged(0).code("cpuid", "nop").enter(Way.BLOCKED).named("root: VMLAUNCH behind MOV SS"));
        cases.add(VmxDraft.paged(0)
                .set(GUEST_CR0, 0)
                .code("cpuid")
                .enter()
                .enter(Way.RESUME)
                .named("root: VMRESUME behind a failed entry"));
        cases.add(VmxDraft.paged(0)
                .set(GUEST_CR0, 0)
                .code("cpuid")
                .enter()
                .set(GUEST_CR0, 0x8000_0031L)
                .enter()
                .named("root: VMLAUNCH behind a failed entry"));
        for (String name : new String[] {"vmlaunch", "vmresume"}) {
            cases.add(pointer(VmxArea.VMCS)
                    .root("vmclear " + VMCS, name)
                    .named("root: %s without a current VMCS", name.toUpperCase(java.util.Locale.ROOT)));
        }
        cases.add(pointer(VmxArea.VMCS)
                .code("cpuid")
                .enter()
                .root("vmclear " + VMCS, "vmptrld " + VMCS)
                .enter()
                .named("root: VMLAUNCH behind VMCLEAR"));
        cases.add(pointer(VmxArea.VMCS)
                .code("cpuid")
                .enter()
                .root("vmptrld " + VMCS)
                .enter()
                .named("root: VMLAUNCH behind VMPTRLD"));
    }

    private void invalidations() {
        for (long type : new long[] {0, 1, 2, 3, 4, -1, 1L << 32 | 1}) {
            for (long low : new long[] {0, 1, VmxArea.EPT_LEVEL_4 | 0x1E, VmxArea.EPT_LEVEL_4 | 7, 0x1_0001}) {
                for (long high : new long[] {0, 0x1234_5678L, 1L << 63}) {
                    var ept = pointer(low).patch(POINTER + 8, Area.eight(high)).set("rcx", type);
                    cases.add(ept.root("invept rcx, " + VMCS)
                            .named(
                                    "root: INVEPT%s; type %x, %x, %x",
                                    type >>> 32 == 1 ? ", a type beyond 32 bits" : "", type, low, high));
                    var vpid = pointer(low).patch(POINTER + 8, Area.eight(high)).set("rcx", type);
                    cases.add(vpid.root("invvpid rcx, " + VMCS)
                            .named(
                                    "root: INVVPID%s; type %x, %x, %x",
                                    type >>> 32 == 1 ? ", a type beyond 32 bits" : "", type, low, high));
                }
            }
        }
    }

    /** VMXOFF, and VMXON again; what CR0, CR4 and IA32_FEATURE_CONTROL allow in VMX operation. */
    private void operation() {
        String on = "vmxon [0x32900]";
        String back = "vmptrld [0x32908]";
        VmxDraft[] drafts = new VmxDraft[8];
        for (int i = 0; i < drafts.length; i++) {
            drafts[i] = VmxDraft.paged(0)
                    .patch(VmxArea.CALLED + 0x900, VmxArea.VMXON_REGION)
                    .patch(VmxArea.CALLED + 0x908, VmxArea.VMCS);
        }
        cases.add(drafts[0].root("vmxoff", on, back).named("root: VMXOFF and VMXON"));
        cases.add(drafts[1]
                .root("vmxoff", on, "vmread rax, rdx", "pushfq", "pop rcx", back)
                .named("root: VMREAD behind VMXON"));
        cases.add(drafts[2]
                .root("vmxoff", "mov rax, cr4", "btr eax, 13", "mov cr4, rax", "bts eax, 13", "mov cr4, rax", on, back)
                .named("root: CR4.VMXE behind VMXOFF"));
        for (String line : new String[] {
            "mov rax, cr4\nbtr eax, 13\nmov cr4, rax",
            "mov rax, cr0\nbtr eax, 5\nmov cr0, rax",
            "mov ecx, 0x3A\nrdmsr\nwrmsr",
            "xor ecx, ecx\nmov ecx, 0x480\nwrmsr"
        }) {
            cases.add(VmxDraft.paged(0)
                    .root(line.split("\n"))
                    .named("root: what VMX operation forbids; %s", line.replace('\n', ' ')));
        }
        cases.add(drafts[3]
                .code("cpuid")
                .enter()
                .root("vmxoff", on, back)
                .enter(Way.RESUME)
                .named("root: VMRESUME behind VMXOFF"));
    }
}
