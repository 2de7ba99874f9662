; Peldano, the mini kernel: it boots, makes an address space for each of two tasks, lets them run in ring 3 until they give the
; processor back or their time is up, gives them memory when they touch it, and prints. What only the owner of the machine
; may do is in the macros at the beginning: a kernel for Xen has others, and one whose machine has no devices; and the same rest.

        org 0x1000
        bits 64

; Memory: this page; then kernel data, a stack for each task, and frames to give away. All of it is zero at first.
data            equ 0x3000      ; its end is the stack on which the kernel boots
stacks          equ data        ; of each task: RSP while it does not run,
roots           equ data + 0x10 ; the machine's address of its page tables,
tables          equ data + 0x20 ; our address of them,
alive           equ data + 0x30 ; and whether it has not ended
current         equ data + 0x38 ; the task that runs: 0 or 1
next_frame      equ data + 0x40
letter          equ data + 0x58
KERNEL_STACKS   equ 0x5000
FRAMES          equ 0x7000
FRAMES_END      equ 0x13000
SHARED          equ FRAMES      ; the first frame is for both tasks,
PROGRAM         equ FRAMES + 0x1000     ; the second is for their program

; Linear addresses of a task: its program, a page for both, and a stack that comes into being by touching it.
USER            equ 1 << 39     ; the second entry of the first table
USER_SHARED     equ 0x1000
USER_STACK      equ 0x4000
USER_SIZE       equ 0x10000

TASK_FLAGS      equ 0x202       ; interrupts on, IOPL 0
READ_ONLY       equ 5           ; an entry: present, for programs
WRITABLE        equ 7

FRAME           equ 12 * 8 + 5 * 8      ; a kernel stack holds registers, and RIP, CS, RFLAGS, RSP, SS

PRINT           equ 0           ; what tasks call for: print the character in EDI,
YIELD           equ 1           ; give the processor back,
ALARM           equ 2           ; have it taken away soon,
EXIT            equ 3           ; end

%ifdef XEN_PV
; The port for Xen: the owner of the machine is asked for what is his.
HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
SHARED_INFO     equ 0x4000      ; the page shared with Xen is mapped here, on top of an empty one
mfn_list        equ data + 0x48 ; of each frame of ours: its number in the machine
port            equ data + 0x50
requests        equ data + 0x60
USER_CODE       equ 0xE033      ; Xen's flat selectors for ring 3
USER_DATA       equ 0xE02B
DOMID_SELF      equ 0x7FF0
UVMF_INVLPG     equ 2

%macro hypercall 1-5            ; number, arguments
%if %0 > 1
        mov rdi, %2
%endif
%if %0 > 2
%ifnidni %3, rsi
        mov rsi, %3
%endif
%endif
%if %0 > 3
        mov rdx, %4
%endif
%if %0 > 4
        mov r10d, %5
%endif
        call HYPERCALL_PAGE + %1 * 32
%endmacro

%macro machine_address 1        ; of the frame at an address of ours
        mov rdx, [mfn_list]
        shr %1, 12
        mov %1, [rdx + %1 * 8]
        shl %1, 12
%endmacro

%macro give_tables 0            ; R8: four page tables, which nobody may write from now on but Xen
        lea r14, [r8 + 0x4000]
%%next: sub r14, 0x1000
        mov rsi, r14
        machine_address rsi
        or rsi, 1
        hypercall 14, r14, rsi, UVMF_INVLPG     ; update_va_mapping
        cmp r14, r8
        ja %%next
%endmacro

%macro set_entry 0              ; RDI: address of an entry of a page table; RAX: what it shall be
        mov rcx, rdi
        and edi, 0xFFF
        machine_address rcx
        or rcx, rdi
        mov [requests], rcx
        mov [requests + 8], rax
        hypercall 1, requests, 1, 0, DOMID_SELF ; mmu_update
%endmacro

%macro load_root 0              ; RAX: machine address of the first table
        shr rax, 12
        mov dword [requests], 5                 ; MMUEXT_NEW_BASEPTR: for the kernel
        mov [requests + 8], rax
        mov dword [requests + 24], 15           ; MMUEXT_NEW_USER_BASEPTR: for programs
        mov [requests + 32], rax
        hypercall 26, requests, 2, 0, DOMID_SELF        ; mmuext_op
%endmacro

%macro use_kernel_stack 0       ; RCX: where the next entry from a program begins
        hypercall 3, USER_DATA, rcx             ; stack_switch
%endmacro

%macro fault_address 0
        mov rax, [SHARED_INFO + 16]
%endmacro

%macro enter_kernel 0           ; Xen has pushed R11 and RCX, too
        pop rcx
        pop r11
%endmacro

%macro return_to_task 0
        push 0                  ; RCX and R11 count
        jmp HYPERCALL_PAGE + 23 * 32            ; iret
%endmacro

%macro set_alarm 0
        hypercall 15, 1         ; set_timer_op: a time that has passed, so at once
%endmacro

%macro end_interrupt 0
        mov byte [SHARED_INFO], 0               ; nothing is pending,
        mov qword [SHARED_INFO + 8], 0          ; in no word of the port bits,
        mov eax, [port]
        lock btr [SHARED_INFO + 0x800], rax     ; nor at our port
%endmacro

%macro put_character 0          ; AL
        mov [letter], al
        hypercall 18, 0, 1, letter              ; console_io
%endmacro

%macro power_off 0
        hypercall 29, 2, reason                 ; sched_op: shutdown
%endmacro

%macro boot 0                   ; RAX becomes the first table; RSI: start_info
        mov rbx, rsi
        mov rax, [rbx + 104]
        mov [mfn_list], rax
        mov rsi, [rbx + 40]     ; the machine address of shared_info
        or rsi, 3
        hypercall 14, SHARED_INFO, rsi, UVMF_INVLPG     ; update_va_mapping
        hypercall 0, traps                      ; set_trap_table
        hypercall 4, tick, 0, 0                 ; set_callbacks: for events
        hypercall 24, 7, 0, 0                   ; vcpu_op: no periodic timer, only alarms
        hypercall 32, 1, virq                   ; event_channel_op: bind_virq
        mov eax, [virq + 8]
        mov [port], eax
        mov rax, [rbx + 88]     ; pt_base
%endmacro

file:   db 0x7F, "ELF", 2, 1, 1, 0
        dq 0
        dw 2, 62                ; an executable for x86-64
        dd 1
        dq start, headers - file, 0
        dd 0
        dw 64, 56, 2, 64, 0, 0
headers:
        dd 1, 7                 ; this file is loaded, with empty pages behind it,
        dq 0, file, file, file_end - file, FRAMES_END - 0x1000, 0x1000
        dd 4, 4                 ; and has notes
        dq notes - file, notes, notes, notes_end - notes, notes_end - notes, 4

%macro note 2+                  ; type, value
        dd 4, %%end - %%value, %1
        db "Xen", 0
%%value: %2
%%end:  align 4, db 0
%endmacro

notes:  note 5, db "xen-3.0", 0         ; the interface
        note 8, db "generic", 0         ; the loader
        note 3, dq 0                    ; frame 0 of the domain is mapped to address 0
        note 1, dq start
        note 2, dq HYPERCALL_PAGE
notes_end:

        align 8, db 0
traps:                          ; vector, flags, CS, address; flag 4: no events from then on; 3: programs may use it
        db 14, 4
        dw USER_CODE, 0, 0
        dq page_fault
        db 0x80, 7
        dw USER_CODE, 0, 0
        dq system_call
        dq 0, 0
virq:   dd 0, 0, 0              ; VIRQ_TIMER, of processor 0; Xen writes the port here
reason: dd 0                    ; SHUTDOWN_poweroff

%else
; The kernel owns the machine.
IDT             equ 0x2000      ; empty memory
TSS             equ 0x4000
PML4            equ 0x70000     ; the page tables that it started with
KERNEL_CODE     equ 0x08
USER_CODE       equ 0x18 + 3
USER_DATA       equ 0x20 + 3
TASK            equ 0x28
TIMER_VECTOR    equ 0x20

%macro machine_address 1
%endmacro

%macro give_tables 0
%endmacro

%macro set_entry 0              ; RDI: address of an entry of a page table; RAX: what it shall be
        mov [rdi], rax
%endmacro

%macro load_root 0              ; RAX: address of the first table
        mov cr3, rax
%endmacro

%macro use_kernel_stack 0       ; RCX: where the next entry from a program begins
        mov [TSS + 4], rcx
%endmacro

%macro fault_address 0
        mov rax, cr2
%endmacro

%macro enter_kernel 0
%endmacro

%macro return_to_task 0
        iretq
%endmacro

%macro gate 3                   ; vector, kind, handler
        mov dword [IDT + %1 * 16], (KERNEL_CODE << 16) + %3
        mov dword [IDT + %1 * 16 + 4], %2
%endmacro

%macro boot 0                   ; RAX becomes the first table
        gate 14, 0x8E00, page_fault             ; interrupt gates, for ring 0
        gate TIMER_VECTOR, 0x8E00, tick
        gate 0x80, 0xEE00, system_call          ; and for ring 3
        lgdt [gdt_pointer]      ; entry 08H is as before, so CS needs no reload
        lidt [idt_pointer]
        mov ax, TASK
        ltr ax
        start_devices
        mov eax, PML4
%endmacro

%ifdef XEN_PVH
; Its machine is a domain that started by PVH: 32-bit code, no paging, no device but the local APIC, and Xen to print for it.
HYPERCALL_PAGE  equ 0x14000     ; Xen fills it where it is asked to
APIC_EOI        equ 0xFEE000B0
APIC_SPURIOUS   equ 0xFEE000F0
APIC_LVT_TIMER  equ 0xFEE00320
APIC_COUNT      equ 0xFEE00380
APIC_DIVIDE     equ 0xFEE003E0
SLICE           equ 10000       ; of a clock with one tick a nanosecond: 10 microseconds

%macro tell 2                   ; register of the APIC, value
        mov eax, %1             ; a displacement would be a negative number
        mov dword [rax], %2
%endmacro

%macro start_devices 0
        mov eax, 0x40000002     ; the leaf that says which register fills the page: EBX
        cpuid
        mov ecx, ebx
        mov eax, HYPERCALL_PAGE
        xor edx, edx
        wrmsr
        tell APIC_SPURIOUS, 0x1FF       ; on
        tell APIC_DIVIDE, 0x0B          ; by 1
        tell APIC_LVT_TIMER, TIMER_VECTOR       ; one-shot
%endmacro

%macro set_alarm 0
        tell APIC_COUNT, SLICE
%endmacro

%macro end_interrupt 0
        tell APIC_EOI, 0
%endmacro

%macro put_character 0          ; AL
        mov [letter], al
        xor edi, edi            ; CONSOLEIO_write
        mov esi, 1
        mov edx, letter
        call HYPERCALL_PAGE + 18 * 32   ; console_io
%endmacro

%macro power_off 0
        mov edi, 2              ; SCHEDOP_shutdown
        mov esi, reason
        call HYPERCALL_PAGE + 29 * 32   ; sched_op
%endmacro

file:   db 0x7F, "ELF", 2, 1, 1, 0
        dq 0
        dw 2, 62                ; an executable for x86-64
        dd 1
        dq entry, headers - file, 0
        dd 0
        dw 64, 56, 2, 64, 0, 0
headers:
        dd 1, 7                 ; this file is loaded, with empty pages behind it,
        dq 0, file, file, file_end - file, HYPERCALL_PAGE, 0x1000
        dd 4, 4                 ; and has notes
        dq notes - file, notes, notes, notes_end - notes, notes_end - notes, 4
notes:  dd 4, 4, 18             ; PHYS32_ENTRY
        db "Xen", 0
        dd entry
notes_end:
reason: dd 0                    ; SHUTDOWN_poweroff

        bits 32
entry:  mov dword [PML4], PML4 + 0x1003         ; the first 2 MiB, where they are,
        mov dword [PML4 + 0x1000], PML4 + 0x2003
        mov dword [PML4 + 0x2000], 0x83
        mov dword [PML4 + 0x1018], PML4 + 0x3003        ; and the APIC, not cached
        mov dword [PML4 + 0x3000 + 0x1F7 * 8], 0xFEE00093
        mov eax, 1 << 5
        mov cr4, eax            ; CR4.PAE
        mov eax, PML4
        mov cr3, eax
        mov ecx, 0xC0000080     ; IA32_EFER
        mov eax, 1 << 8         ; LME
        xor edx, edx
        wrmsr
        mov eax, cr0
        or eax, 1 << 31
        mov cr0, eax            ; CR0.PG: long mode, as soon as CS says so
        lgdt [gdt_pointer]
        jmp KERNEL_CODE:start
        bits 64

%else
; Its machine is a PC.
PIC_COMMAND     equ 0x20
PIC_DATA        equ 0x21
PIT_COUNTER_0   equ 0x40
PIT_CONTROL     equ 0x43
COM1            equ 0x3F8
SLICE           equ 12          ; of the PIT's clocks: 10 microseconds

%macro tell 2                   ; port, byte
        mov al, %2
        out %1, al
%endmacro

%macro start_devices 0
        tell PIT_CONTROL, 0x30  ; counter 0, low byte then high byte, mode 0: one pulse, once a count is written
        tell PIC_COMMAND, 0x11  ; ICW1: edges, a cascade, ICW4 follows
        tell PIC_DATA, TIMER_VECTOR
        tell PIC_DATA, 1 << 2   ; ICW3: the slave hangs on input 2
        tell PIC_DATA, 1        ; ICW4: 8086 vectors, each interrupt needs an EOI
        tell PIC_DATA, 0xFE     ; OCW1: every input but IRQ 0 is masked
%endmacro

%macro set_alarm 0
        tell PIT_COUNTER_0, SLICE       ; low byte, then high byte
        tell PIT_COUNTER_0, 0
%endmacro

%macro end_interrupt 0
        tell PIC_COMMAND, 0x20  ; OCW2: end of interrupt
%endmacro

%macro put_character 0          ; AL
        mov dx, COM1
        out dx, al
%endmacro

%macro power_off 0
        hlt                     ; interrupts are off: the end
%endmacro
%endif
%endif

; From here on: the kernel, whoever's machine it is.

start:
        mov esp, data + 0x1000
        boot
        mov r13, [rax]          ; the entry of the first table that maps the kernel: every task gets it, too
        mov dword [next_frame], PROGRAM + 0x1000
        mov esi, program
        mov edi, PROGRAM
        mov ecx, program_end - program
        rep movsb
;@ milestone booted

        mov ebx, banner
.banner:
        mov al, [rbx]
        call put
        inc ebx
        cmp ebx, banner_end
        jb .banner

        xor ebx, ebx
        call new_task
        mov ebx, 1
        call new_task
        xor eax, eax
        jmp dispatch

; Makes task EBX: four page tables, and a stack from which it seems to return to its program. R13: the kernel's entry.
new_task:
        mov r8d, [next_frame]
        add dword [next_frame], 0x4000
        mov [r8], r13
        lea rdi, [r8 + 8]       ; entry 1 of the first table, for the second;
        lea rax, [r8 + 0x1000]
        mov ecx, WRITABLE
        call link
        lea rdi, [r8 + 0x1000]  ; then always entry 0
        lea rax, [r8 + 0x2000]
        call link
        lea rdi, [r8 + 0x2000]
        lea rax, [r8 + 0x3000]
        call link
        lea rdi, [r8 + 0x3000]  ; of the last table: the pages
        mov eax, PROGRAM
        mov ecx, READ_ONLY
        call link
        lea rdi, [r8 + 0x3008]
        mov eax, SHARED
        mov ecx, WRITABLE
        call link
        give_tables
        mov rax, r8
        machine_address rax
        mov [rbx * 8 + roots], rax
        mov [rbx * 8 + tables], r8

        mov edi, ebx
        shl edi, 12
        add edi, KERNEL_STACKS + 0x1000 - FRAME
        mov [rbx * 8 + stacks], rdi
        mov byte [rbx + alive], 1
        mov rax, USER
        mov [rdi + FRAME - 40], rax             ; RIP
        mov dword [rdi + FRAME - 32], USER_CODE ; CS
        mov dword [rdi + FRAME - 24], TASK_FLAGS
        add rax, USER_STACK
        mov [rdi + FRAME - 16], rax             ; RSP
        mov dword [rdi + FRAME - 8], USER_DATA  ; SS
        lea eax, [rbx + 'A']
        mov [rdi], rax          ; R12: its letter
        ret

; Writes an entry for the frame at RAX to RDI, in a table that is not in use yet; ECX: what it allows.
link:
        machine_address rax
        or rax, rcx
        mov [rdi], rax
        ret

; Task EAX goes on, from the stack that it was left on.
dispatch:
        mov [current], eax
        mov rsp, [rax * 8 + stacks]
        mov ecx, eax
        shl ecx, 12
        add ecx, KERNEL_STACKS + 0x1000
        use_kernel_stack
        mov eax, [current]
        mov rax, [rax * 8 + roots]
        load_root

; Back to the task whose registers are on the stack.
resume:
        pop r12
        pop r11
        pop r10
        pop r9
        pop r8
        pop rbx
        pop rbp
        pop rdi
        pop rsi
        pop rdx
        pop rcx
        pop rax
        return_to_task

%macro save_registers 0
        push rax
        push rcx
        push rdx
        push rsi
        push rdi
        push rbp
        push rbx
        push r8
        push r9
        push r10
        push r11
        push r12
%endmacro

; A task calls: EAX is what it wants.
system_call:
        enter_kernel
        save_registers
;@ milestone call
        cmp eax, EXIT
        ja resume
        mov eax, eax            ; the upper half is the task's
        jmp [rax * 8 + calls]

print:  mov eax, edi
        call put
        jmp resume

alarm:  set_alarm
        jmp resume

; The time is up.
tick:
        enter_kernel
        save_registers
;@ milestone tick
        end_interrupt

; The other task's turn, if it has not ended.
yield:
        mov eax, [current]
        mov [rax * 8 + stacks], rsp
        xor eax, 1
        cmp byte [rax + alive], 0
        jne dispatch
        jmp resume

end_task:
        mov eax, [current]
        mov byte [rax + alive], 0
        xor eax, 1
        cmp byte [rax + alive], 0
        jne dispatch
        mov al, 10
        call put
;@ milestone both-ended
        power_off

; A task has touched what is not there: it gets a frame, if it was near its stack, and else it ends.
page_fault:
        enter_kernel
        add rsp, 8              ; the error code
        save_registers
        fault_address
;@ milestone page-fault
        mov rcx, USER
        sub rax, rcx
        cmp rax, USER_SIZE
        jae .wild
        shr eax, 12
        mov ecx, [current]
        mov rdi, [rcx * 8 + tables]
        lea rdi, [rdi + rax * 8 + 0x3000]       ; its entry in the last table
        mov eax, [next_frame]
        add dword [next_frame], 0x1000
        machine_address rax
        or rax, WRITABLE
        set_entry
        jmp resume
.wild:
        mov al, '!'
        call put
        jmp end_task

put:
        put_character
        ret

; The program of both tasks, in ring 3. It is copied, so it must not know where it lies. R12: its letter.
program:
        push r12                ; no stack yet: a page fault
        mov edi, r12d
        mov eax, PRINT
        int 0x80
        mov eax, YIELD
        int 0x80
        lea rbx, [rel program]
        add rbx, USER_SHARED
        inc byte [rbx]          ; one more is here
        cmp byte [rbx], 2
        jae .both
        mov eax, ALARM          ; waits for the other, and never gives the processor back by itself
        int 0x80
.wait:
        cmp byte [rbx], 2
        jb .wait
.both:
        pop rdi
        mov eax, PRINT
        int 0x80
        cmp r12b, 'B'
        je .wild
        mov eax, EXIT
        int 0x80
.wild:
        mov [rbx + USER_SIZE], al
program_end:

        align 8, db 0
calls:  dq print, yield, alarm, end_task

banner: db "peldano", 10
banner_end:

%ifndef XEN_PV
        align 8, db 0
; Descriptors, all already marked accessed.
gdt:    dq 0
        dq 0x00AF9B000000FFFF   ; 08H: code, ring 0, 64-bit
        dq 0x00CF93000000FFFF   ; 10H: data, ring 0
        dq 0x00AFFB000000FFFF   ; 18H: code, ring 3, 64-bit
        dq 0x00CFF3000000FFFF   ; 20H: data, ring 3
        dw 0x67, TSS, 0x8900, 0 ; 28H: available 64-bit TSS, of 16 bytes
        dq 0
gdt_end:

gdt_pointer:
        dw gdt_end - gdt - 1
        dq gdt
idt_pointer:
        dw 0x81 * 16 - 1
        dq IDT
%endif
file_end:
