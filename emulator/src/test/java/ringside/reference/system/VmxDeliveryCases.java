package ringside.reference.system;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import ringside.reference.system.VmxDraft.Way;

/** Guests that are left while an event is delivered, and task switches: SDM 3C, Information for VM Exits During Event Delivery; Treatment of Task Switches. */
final class VmxDeliveryCases {
    private final List<VmxCase> cases = new ArrayList<>();

    private VmxDeliveryCases() {}

    static List<VmxCase> all() {
        var made = new VmxDeliveryCases();
        made.vectoring();
        made.taskSwitches();
        return made.cases;
    }

    /** An event was being delivered: SDM 3C, Information for VM Exits During Event Delivery. */
    private void vectoring() {
        for (int present : new int[] {0, 1}) {
            for (String line : new String[] {"int 0x30", "int3", "into", "ud2", "db 0xF1", "mov es, eax"}) {
                var draft = VmxDraft.paged(3)
                        .exceptions(14)
                        .patch(VmxArea.PAGE_TABLE + 4 * (VmxArea.STACK_0 >> 12), VmxArea.STACK_0 | 0x60 | present);
                cases.add(draft.set(GUEST_RFLAGS, 0x802)
                        .set("rax", 0x1000)
                        .code(line)
                        .named("delivery: #PF of the frame; %s, entry %d", line, present));
            }
            for (String line : new String[] {"int 0x30", "int3", "ud2"}) {
                cases.add(VmxDraft.longMode(3)
                        .exceptions(14)
                        .patch(VmxArea.PAE_TABLE + 8 * (VmxArea.STACK_0 >> 12), VmxArea.STACK_0 | 0x60 | present)
                        .code(line)
                        .named("delivery: #PF of the frame; %s, entry %d, 64 bits", line, present));
            }
        }
        for (String line : new String[] {"int 0x30", "int3", "into", "ud2", "mov es, eax"}) {
            for (int wrong : new int[] {VmxArea.ABSENT, 0, 0x1000, VmxArea.KERNEL_DATA}) {
                var draft = VmxDraft.paged(0).exceptions(8, 10, 11, 12, 13);
                for (int vector : new int[] {3, 4, 6, 13, 0x30}) {
                    draft.patch(VmxArea.IDT + 8 * vector, Area.gate(wrong, VmxArea.HANDLERS, 0xEE, 0));
                }
                cases.add(draft.set(GUEST_RFLAGS, 0x802)
                        .set("rax", 0x1000)
                        .code(line)
                        .named("delivery: bad code segment; %s, selector %x", line, wrong));
            }
        }
        for (Way way : new Way[] {Way.RESUME}) {
            cases.add(VmxDraft.paged(3)
                    .exceptions(14)
                    .patch(VmxArea.PAGE_TABLE + 4 * (VmxArea.STACK_0 >> 12), 0)
                    .code("int 0x30")
                    .enter()
                    .patch(VmxArea.PAGE_TABLE + 4 * (VmxArea.STACK_0 >> 12), VmxArea.STACK_0 | 0x67)
                    .enter(way, Way.AGAIN)
                    .named("delivery: again; INT n"));
            cases.add(VmxDraft.paged(3)
                    .exceptions(14)
                    .patch(VmxArea.PAGE_TABLE + 4 * (VmxArea.STACK_0 >> 12), 0)
                    .code("ud2")
                    .enter()
                    .patch(VmxArea.PAGE_TABLE + 4 * (VmxArea.STACK_0 >> 12), VmxArea.STACK_0 | 0x67)
                    .enter(way, Way.AGAIN)
                    .named("delivery: again; #UD"));
            cases.add(VmxDraft.paged(3)
                    .exceptions(14)
                    .patch(VmxArea.PAGE_TABLE + 4 * (VmxArea.STACK_0 >> 12), 0)
                    .code("mov eax, 0x1000", "mov es, eax")
                    .enter()
                    .patch(VmxArea.PAGE_TABLE + 4 * (VmxArea.STACK_0 >> 12), VmxArea.STACK_0 | 0x67)
                    .enter(way, Way.AGAIN)
                    .named("delivery: again; #GP"));
        }
    }

    private void taskSwitches() {
        for (String line :
                new String[] {"call 0x60:0", "jmp 0x60:0", "call 0x70:0", "jmp 0x70:0", "call 0x38:0", "jmp 0x80:0"}) {
            cases.add(VmxDraft.paged(0).code(line).named("task switch: %s", line.toUpperCase(Locale.ROOT)));
            cases.add(VmxDraft.paged(3).code(line).named("task switch: %s; ring 3", line.toUpperCase(Locale.ROOT)));
            cases.add(VmxDraft.paged(0)
                    .exceptions(8, 10, 11, 12, 13)
                    .code(line)
                    .named("task switch: %s; exceptions leave", line.toUpperCase(Locale.ROOT)));
        }
        cases.add(VmxDraft.paged(0)
                .set(GUEST_RFLAGS, 0x4002)
                .patch(VmxArea.TSS, VmxArea.OTHER_TASK)
                .octet(VmxArea.GDT + VmxArea.OTHER_TASK + 5, 0x8B)
                .code("iret")
                .named("task switch: IRET"));
        cases.add(VmxDraft.paged(0)
                .set(GUEST_RFLAGS, 0x4002)
                .patch(VmxArea.TSS, VmxArea.OTHER_TASK)
                .code("iret")
                .named("task switch: IRET to an available task"));
        byte[] gate = Area.gate(VmxArea.OTHER_TASK, 0, 0xE5, 0);
        for (String line :
                new String[] {"int 0x30", "int3", "into", "db 0xF1", "ud2", "mov es, eax", "xor ecx, ecx\ndiv ecx"}) {
            var draft = VmxDraft.paged(0).set(GUEST_RFLAGS, 0x802).set("rax", 0x1000);
            for (int vector : new int[] {0, 1, 3, 4, 6, 13, 0x30}) {
                draft.patch(VmxArea.IDT + 8 * vector, gate);
            }
            cases.add(draft.code(line).named("task switch: gate of the IDT; %s", line.replace('\n', ' ')));
        }
        cases.add(VmxDraft.paged(0)
                .patch(VmxArea.IDT + 8 * 0x30, Area.gate(VmxArea.TASK, 0, 0xE5, 0))
                .exceptions(13)
                .code("int 0x30")
                .named("task switch: gate of the IDT; a busy task"));
        cases.add(VmxDraft.paged(0)
                .patch(VmxArea.IDT + 8 * 8, gate)
                .patch(VmxArea.IDT + 8 * 13 + 4, 0)
                .set("rax", 0x1000)
                .code("mov es, eax")
                .named("task switch: gate of the IDT; double fault"));
        cases.add(VmxDraft.paged(0)
                .patch(VmxArea.IDT + 8 * 0x31, gate)
                .set(GUEST_RFLAGS, 0x202)
                .code("nop", "nop")
                .enter(Way.WAITING)
                .named("task switch: gate of the IDT; an external interrupt"));
        cases.add(VmxDraft.longMode(0)
                .code("mov eax, 0x60", "push rax", "push 0", "db 0x48", "retf")
                .named("task switch: none in 64-bit mode; RETF"));
        cases.add(VmxDraft.longMode(0)
                .set(GUEST_RFLAGS, 0x4002)
                .code("iretq")
                .named("task switch: none in 64-bit mode; IRETQ with NT"));
    }
}
