; A kernel with two processes, and the three ways in which a program calls a kernel: by an interrupt gate, by SYSENTER, by SYSCALL.
; The program prints by each of them and lets the other process go on. Its instructions are the same in every port; what differs
; is who stands behind them.

SYS_WRITE       equ 1           ; numbers and registers are Linux's
SYS_SCHED_YIELD equ 24
SYS_FORK        equ 57
SYS_EXIT        equ 60
SYS_WAIT4       equ 61

%ifdef CONTAINER
; The port for Linux: the kernel is the host's, and of the three ways SYSCALL is the one for 64-bit programs.
        org 0x400000
        bits 64

file:   db 0x7F, "ELF", 2, 1, 1, 0
        dq 0
        dw 2, 62                ; an executable for x86-64
        dd 1
        dq start, headers - file, 0
        dd 0
        dw 64, 56, 1, 64, 0, 0
headers:
        dd 1, 5                 ; read and execute
        dq 0, file, file, file_end - file, file_end - file, 0x1000

start:
        mov r12d, '1'
        mov eax, SYS_FORK
        syscall
        test eax, eax
        jz program
        mov r12d, '2'
        mov eax, SYS_FORK
        syscall
        test eax, eax
        jz program
        mov ebx, 2
.wait:
        mov rdi, -1             ; for any of them
        xor esi, esi
        xor edx, edx
        xor r10d, r10d
        mov eax, SYS_WAIT4
        syscall
        dec ebx
        jnz .wait
        xor edi, edi
        mov eax, SYS_EXIT
        syscall
%else

other           equ 0x3000      ; the process that does not run: RIP, RSP, its way back, RBX, R12
alive           equ 0x3028      ; how many there are
KERNEL_STACK    equ 0x5000
STACK_1         equ 0x6000
STACK_2         equ 0x7000
ENOSYS          equ 38

        org 0x1000
%ifdef XEN_PV
; The port for Xen. A system call of a program enters Xen, which goes on in the kernel; SYSCALL in the kernel is a hypercall.
; Not every processor has SYSENTER for 64-bit code, so Xen's callback for it is left out.
        bits 64

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
MEMORY_END      equ 0x7000

SET_TRAP_TABLE  equ HYPERCALL_PAGE + 0 * 32
STACK_SWITCH    equ HYPERCALL_PAGE + 3 * 32
SET_CALLBACKS   equ HYPERCALL_PAGE + 4 * 32
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
XEN_IRET        equ HYPERCALL_PAGE + 23 * 32
MMUEXT_OP       equ HYPERCALL_PAGE + 26 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32

USER_CODE       equ 0xE033      ; Xen's flat selectors for ring 3, which kernels have too
USER_DATA       equ 0xE02B
IN_SYSCALL      equ 1 << 8      ; Xen may return by SYSRET

file:   db 0x7F, "ELF", 2, 1, 1, 0
        dq 0
        dw 2, 62                ; an executable for x86-64
        dd 1
        dq start, headers - file, 0
        dd 0
        dw 64, 56, 2, 64, 0, 0
headers:
        dd 1, 7                 ; this file is loaded, with empty pages behind it,
        dq 0, file, file, file_end - file, MEMORY_END - 0x1000, 0x1000
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

start:
; Programs get the kernel's page tables. RSI: start_info; pt_base is a frame of the domain, mfn_list tells the machine's number.
        mov rax, [rsi + 88]
        shr rax, 12
        mov rcx, [rsi + 104]
        mov rax, [rcx + rax * 8]
        mov [user_base], rax
        mov edi, new_user_base
        mov esi, 1              ; one operation,
        xor edx, edx            ; whose number done nobody asks for,
        mov r10d, 0x7FF0        ; on this domain's own tables
        call MMUEXT_OP

        mov edi, traps
        call SET_TRAP_TABLE
        mov edi, USER_DATA
        mov esi, KERNEL_STACK
        call STACK_SWITCH
        xor edi, edi            ; no event callback,
        xor esi, esi            ; no failsafe callback,
        mov edx, syscall_entry  ; but system calls
        call SET_CALLBACKS
%else
        bits 64

; The order is the processor's: SYSCALL takes a kernel's code and data, SYSRET data and code of programs, SYSEXIT code and data.
KERNEL_CODE     equ 0x08
USER_DATA       equ 0x20 + 3
USER_CODE       equ 0x28 + 3
TASK            equ 0x38
PML4            equ 0x70000     ; the page tables that it started with: page-directory-pointer table and directory follow
USER            equ 1 << 2
TSS             equ 0x2000      ; empty memory
IDT             equ 0x2100
COM1            equ 0x3F8
INVALID_OPCODE  equ 6
IA32_EFER       equ 0xC0000080
SCE             equ 1           ; SYSCALL enable

%ifdef XEN_PVH
; The port for a domain on virtualizing hardware: it starts in 32-bit protected mode without paging, goes to 64-bit mode by itself, and
; has Xen print. From there on nothing differs.
LME             equ 1 << 8      ; long mode enable
HYPERCALL_PAGE  equ 0x8000      ; Xen fills it where it is asked to
CONSOLE_IO      equ HYPERCALL_PAGE + 18 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32

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
entry:  mov dword [PML4], PML4 + 0x1003         ; the first 2 MiB, where they are
        mov dword [PML4 + 0x1000], PML4 + 0x2003
        mov dword [PML4 + 0x2000], 0x83
        mov eax, 1 << 5
        mov cr4, eax            ; CR4.PAE
        mov eax, PML4
        mov cr3, eax
        mov ecx, IA32_EFER
        mov eax, LME
        xor edx, edx
        wrmsr
        mov eax, cr0
        or eax, 1 << 31
        mov cr0, eax            ; CR0.PG: long mode, as soon as CS says so
        lgdt [gdt_pointer]
        jmp KERNEL_CODE:start
        bits 64
%endif

start:
        mov esp, KERNEL_STACK
%ifdef XEN_PVH
        mov eax, 0x40000002     ; the leaf that says which register fills the page: EBX
        cpuid
        mov ecx, ebx
        mov eax, HYPERCALL_PAGE
        xor edx, edx
        wrmsr
%endif
        or byte [PML4], USER    ; programs may use the first 2 MiB: this kernel protects nothing but the processor
        or byte [PML4 + 0x1000], USER
        or byte [PML4 + 0x2000], USER
        mov rax, cr3
        mov cr3, rax            ; forgets what it knew

; The gate of INT 80H, open to ring 3; the TSS says where the kernel's stack is.
        mov dword [TSS + 4], KERNEL_STACK
        mov dword [IDT + 0x80 * 16], (KERNEL_CODE << 16) + int_entry
        mov dword [IDT + 0x80 * 16 + 4], 0xEE00
        mov dword [IDT + INVALID_OPCODE * 16], (KERNEL_CODE << 16) + invalid_opcode
        mov dword [IDT + INVALID_OPCODE * 16 + 4], 0x8E00
        lgdt [gdt_pointer]      ; entry 08H is as before, so CS needs no reload
        lidt [idt_pointer]
        mov ax, TASK
        ltr ax

; SYSENTER and SYSCALL read no table: what they load is in registers of the processor.
        mov esi, msrs
.next:
        mov ecx, [rsi]
        mov eax, [rsi + 4]
        mov edx, [rsi + 8]
        wrmsr
        add esi, 12
        cmp esi, msrs_end
        jb .next
        mov ecx, IA32_EFER
        rdmsr
        or eax, SCE
        wrmsr
%endif
;@ milestone ready

; Two processes: one is in the registers, the other in memory. Each has its number in R12.
        mov dword [other], program
        mov dword [other + 8], STACK_2
        mov dword [other + 16], back_by_iret
        mov dword [other + 32], '2'
        mov dword [alive], 2
        mov ecx, program
        mov r9d, STACK_1
        mov r12d, '1'

; The ways back to a program: RCX is where, R9 its stack. There is no instruction "go to ring 3": a kernel pretends to return there.
%ifdef XEN_PV
back_by_iret:
        xor eax, eax            ; RCX and R11 count
        jmp back
back_by_sysret:
        mov eax, IN_SYSCALL
back:
        mov esp, KERNEL_STACK
        push USER_DATA          ; SS
        push r9                 ; RSP
        push 2                  ; RFLAGS: events off
        push USER_CODE          ; CS: its low two bits are 3, so Xen returns to a program
        push rcx                ; RIP
        push rax
        jmp XEN_IRET

; The ways in. Xen has pushed SS, RSP, RFLAGS, CS, RIP, R11 and RCX, whichever it was.
int_entry:
        mov r10d, back_by_iret
        jmp enter
syscall_entry:
        mov r10d, back_by_sysret
enter:
        mov rcx, [rsp + 16]     ; RIP
        mov r9, [rsp + 40]      ; RSP
%else
back_by_iret:
        mov esp, KERNEL_STACK
        push USER_DATA          ; SS
        push r9                 ; RSP
        push 2                  ; RFLAGS: interrupts off
        push USER_CODE          ; CS
        push rcx                ; RIP
        iretq
back_by_sysexit:
        mov rdx, rcx
        mov rcx, r9
        o64 sysexit
back_by_sysret:
        mov rsp, r9
        mov r11d, 2
        o64 sysret

; The ways in, after which RCX and R9 are what the way back needs. The gate has pushed SS, RSP, RFLAGS, CS and RIP.
int_entry:
        mov rcx, [rsp]          ; RIP
        mov r9, [rsp + 24]      ; RSP
        mov r10d, back_by_iret
        jmp serve
; SYSENTER says nothing: the program itself has put both there.
sysenter_entry:
        mov r10d, back_by_sysexit
        jmp serve
; For 64-bit code some processors (AMD's) have no SYSENTER. It is meant all the same.
invalid_opcode:
        mov r10d, back_by_iret
        jmp serve
; SYSCALL has put RIP into RCX, and left the program's stack where it was.
syscall_entry:
        mov r9, rsp
        mov esp, KERNEL_STACK
        mov r10d, back_by_sysret
%endif

; What does it want? EAX: number; EDI, RSI, EDX: arguments; the result is for RAX. R10: the way back.
serve:
;@ milestone served
        cmp eax, SYS_WRITE
        je write
        cmp eax, SYS_SCHED_YIELD
        je yield
        cmp eax, SYS_EXIT
        je exit
        mov rax, -ENOSYS
        jmp r10

; Writes EDX characters at RSI.
write:
%ifdef XEN_PV
        push rdx
        push rcx
        xor edi, edi            ; CONSOLEIO_write
        xchg rsi, rdx
        call CONSOLE_IO
        pop rcx
        pop rax
%elifdef XEN_PVH
        mov r8d, edx
        xor edi, edi            ; CONSOLEIO_write
        xchg rsi, rdx
        call CONSOLE_IO
        mov eax, r8d
%else
        mov edi, edx
        mov r8d, edx
        mov dx, COM1
.next:
        lodsb
        out dx, al
        dec edi
        jnz .next
        mov eax, r8d
%endif
        jmp r10

yield:
        cmp dword [alive], 2
        jb resume
switch:
        xchg rcx, [other]
        xchg r9, [other + 8]
        xchg r10, [other + 16]
        xchg rbx, [other + 24]
        xchg r12, [other + 32]
resume:
        xor eax, eax
        jmp r10

exit:
        dec dword [alive]
        jnz switch
;@ milestone both-ended
%ifdef XEN_PV
        mov edi, 2              ; SCHEDOP_shutdown
        mov esi, reason
        call SCHED_OP           ; does not return
%elifdef XEN_PVH
        mov edi, 2
        mov esi, reason
        call SCHED_OP
%else
        hlt                     ; interrupts are off: the end
%endif
%endif

; The program: in ring 3, its number in R12.
program:
;@ milestone program
        push r12                ; a text of one character
        mov ebx, ways
.next:
        mov eax, SYS_WRITE
        mov edi, 1
        mov rsi, rsp
        mov edx, 1
        call [rbx]
        mov eax, SYS_WRITE
        mov edi, 1
        mov esi, [rbx + 8]
        mov edx, [rbx + 12]
        call [rbx]
        mov eax, SYS_SCHED_YIELD
        call [rbx]
        add ebx, 16
        cmp ebx, ways_end
        jb .next
        mov eax, SYS_EXIT
        xor edi, edi
        call [rbx - 16]

%ifndef CONTAINER
by_int:
        int 0x80
        ret
%ifndef XEN_PV
by_sysenter:
        mov ecx, .back
        mov r9, rsp
        sysenter
.back:  ret
%endif
%endif
by_syscall:
        syscall
        ret

        align 8, db 0
ways:
%ifndef CONTAINER
        dq by_int
        dd by_int_text, 5
%ifndef XEN_PV
        dq by_sysenter
        dd by_sysenter_text, 10
%endif
%endif
        dq by_syscall
        dd by_syscall_text, 9
ways_end:

by_int_text:
        db " int", 10
by_sysenter_text:
        db " sysenter", 10
by_syscall_text:
        db " syscall", 10

%ifdef XEN_PV
        align 8, db 0
traps:                          ; vector, flags, CS, address; flags 3: for programs too
        db 0x80, 3
        dw USER_CODE, 0, 0
        dq int_entry
        dq 0, 0
new_user_base:
        dq 15                   ; MMUEXT_NEW_USER_BASEPTR
user_base:
        dq 0, 0
reason: dd 0                    ; SHUTDOWN_poweroff
%elifndef CONTAINER
        align 8, db 0
; Descriptors, all already marked accessed.
gdt:    dq 0
        dq 0x00AF9B000000FFFF   ; 08H: code, ring 0, 64-bit
        dq 0x00CF93000000FFFF   ; 10H: data, ring 0
        dq 0                    ; 18H: 32-bit programs' code would be here
        dq 0x00CFF3000000FFFF   ; 20H: data, ring 3
        dq 0x00AFFB000000FFFF   ; 28H: code, ring 3, 64-bit
        dq 0x00CFF3000000FFFF   ; 30H: data, ring 3
        dw 0x67, TSS, 0x8900, 0 ; 38H: available 64-bit TSS, of 16 bytes
        dq 0
gdt_end:

gdt_pointer:
        dw gdt_end - gdt - 1
        dq gdt
idt_pointer:
        dw 0x81 * 16 - 1
        dq IDT

        align 4, db 0
msrs:                           ; number, low and high half
        dd 0x174, KERNEL_CODE, 0                ; IA32_SYSENTER_CS
        dd 0x175, KERNEL_STACK, 0               ; IA32_SYSENTER_ESP
        dd 0x176, sysenter_entry, 0             ; IA32_SYSENTER_EIP
        dd 0xC0000081, 0, (0x1B << 16) + KERNEL_CODE    ; IA32_STAR
        dd 0xC0000082, syscall_entry, 0         ; IA32_LSTAR
        dd 0xC0000084, 0x700, 0                 ; IA32_FMASK: TF, IF and DF are cleared
msrs_end:
%endif
file_end:
