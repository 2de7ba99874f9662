; A probe for Xen: a 64-bit kernel that goes to ring RING and executes one instruction there. Kernel and program are at ring 3 in truth;
; Xen keeps in mind who runs. Every vector leads to a handler of the kernel that ends the domain. Data, stack and descriptors are as in
; the probe for a bare machine, but for what Xen refuses: there is no TSS and no LDT among the descriptors.

        org 0x1000
        bits 64

%define NAX rax
%define XAX rax
%include "ring.inc"                     ; defines RING
DATA            equ 0x3000
USER_STACK      equ 0x3C00
STACK           equ 0x4000
HYPERCALL_PAGE  equ 0x5000              ; Xen fills it: call N begins at N * 32
SHARED_INFO     equ 0x6000              ; the page shared with Xen is mapped here, on top of an empty one
GDT             equ 0x7000
TRAPS           equ 0x8000
MEMORY_END      equ 0x9000

UPCALL_MASK     equ SHARED_INFO + 1
FAULT_ADDRESS   equ SHARED_INFO + 16
UPDATE_VA       equ HYPERCALL_PAGE + 14 * 32
XEN_IRET        equ HYPERCALL_PAGE + 23 * 32
SCHED_OP        equ HYPERCALL_PAGE + 29 * 32

FLAT_CODE       equ 0xE033              ; Xen's own selectors
FLAT_DATA       equ 0xE02B
KERNEL_CODE     equ 0x08 + 3
KERNEL_DATA     equ 0x10 + 3
TASK            equ 0x28
OTHER_TASK      equ 0x38
TABLE           equ 0x48
PE              equ 1
%if RING
CODE            equ 0x18 + 3
STACK_SEGMENT   equ 0x20 + 3
%else
CODE            equ KERNEL_CODE
STACK_SEGMENT   equ KERNEL_DATA
%endif

file:   db 0x7F, "ELF", 2, 1, 1, 0
        dq 0
        dw 2, 62                        ; an executable for x86-64
        dd 1
        dq start, headers - file, 0
        dd 0
        dw 64, 56, 2, 64, 0, 0
headers:
        dd 1, 7                         ; this file is loaded, with empty pages behind it,
        dq 0, file, file, file_end - file, MEMORY_END - 0x1000, 0x1000
        dd 4, 4                         ; and has notes
        dq notes - file, notes, notes, notes_end - notes, notes_end - notes, 4

%macro note 2+                          ; type, value
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

%macro hypercall 1-6                    ; number, arguments
%if %0 > 1
        mov rdi, %2
%endif
%if %0 > 2
        mov rsi, %3
%endif
%if %0 > 3
        mov rdx, %4
%endif
%if %0 > 4
        mov r10, %5
%endif
        call HYPERCALL_PAGE + %1 * 32
%endmacro

%macro mmuext 1-3 0, 0                  ; mmuext_op with one operation: command, arguments
        mov qword [operation], %1
        mov rax, %2
        mov [operation + 8], rax
        mov qword [operation + 16], %3
        hypercall 26, operation, 1, 0, 0x7FF0
%endmacro

%macro xen_iret 4                       ; to RIP, CS, RSP and SS: a CS of ring 3 is a program's, one of ring 0 the kernel's
%ifndef FLAGS
%define FLAGS 0x202
%endif
        push %4
        push %3
        push FLAGS
        push %2
        push %1
        push 0                          ; RCX and R11 count
        jmp XEN_IRET
%endmacro

%macro empty_registers 0
        xor eax, eax
        xor ebx, ebx
        xor ecx, ecx
        xor edx, edx
        xor esi, esi
        xor edi, edi
        xor ebp, ebp
        xor r8d, r8d
        xor r9d, r9d
        xor r10d, r10d
        xor r11d, r11d
        xor r12d, r12d
        xor r13d, r13d
        xor r14d, r14d
        xor r15d, r15d
%endmacro

start:
        cld
        mov esp, STACK
        mov rbp, rsi                    ; start_info
        mov rsi, [rbp + 40]             ; the machine address of shared_info
        or rsi, 3                       ; present and writable
        mov edi, SHARED_INFO
        mov edx, 2                      ; UVMF_INVLPG
        call UPDATE_VA

; Programs get the kernel's page tables. The first (pt_base) is a frame of the domain, and the list of its machine frames (mfn_list)
; tells the machine's number.
        mov rbx, [rbp + 104]
        mov rax, [rbp + 88]
        shr rax, 12
        mov rax, [rbx + rax * 8]
        mov [base], rax
        mmuext 15, [base]               ; MMUEXT_NEW_USER_BASEPTR

; A page of descriptors must not be writable.
        mov esi, gdt
        mov edi, GDT
        mov ecx, gdt_end - gdt
        rep movsb
        mov rsi, [rbx + (GDT >> 12) * 8]
        mov [gdt_frame], rsi
        shl rsi, 12
        or rsi, 1                       ; present
        mov edi, GDT
        mov edx, 2
        call UPDATE_VA
        hypercall 2, gdt_frame, DESCRIPTORS     ; set_gdt
        push KERNEL_CODE
        push .reloaded
        o64 retf
.reloaded:
        mov eax, KERNEL_DATA
        mov ss, eax

        mov edi, TRAPS                  ; for all rings: vector, flags, CS, address
        mov eax, handlers
        xor ecx, ecx
trap:
        mov [rdi], cl
        mov byte [rdi+1], 3
        mov word [rdi+2], FLAT_CODE
        mov [rdi+8], rax
        add edi, 16
        add eax, 5                      ; the length of a call
        inc ecx
        cmp ecx, 0x31
        jb trap
        hypercall 0, TRAPS              ; set_trap_table
        hypercall 3, FLAT_DATA, STACK   ; stack_switch
        mov dword [DATA], 0
        empty_registers
%include "kernel.inc"
%if RING
        xen_iret user, CODE, USER_STACK, STACK_SEGMENT
user:
        empty_registers
        mov dword [DATA], 0
%endif
%include "before.inc"
probe:
%include "instruction.inc"
after:
        int 0x30

; The end of the domain: handler n calls from handlers + 5n.
finish:
        mov edi, 2                      ; SCHEDOP_shutdown
        mov esi, reason
        call SCHED_OP
handlers:
        times 0x31 call finish
        align 8, db 0
base:   dq 0
gdt_frame: dq 0
operation: dq 0, 0, 0
reason: dd 0                            ; SHUTDOWN_poweroff
gdt_pointer:
        dw gdt_end - gdt - 1
        dq GDT
idt_pointer:
        dw 0x31 * 16 - 1
        dq TRAPS
        align 8, db 0
gdt:
        dq 0
        dq 0x00AF9B000000FFFF           ; 08H: 64-bit code, ring 0
        dq 0x00CF93000000FFFF           ; 10H: data, ring 0
        dq 0x00AFFB000000FFFF           ; 18H: 64-bit code, ring 3
        dq 0x00CFF3000000FFFF           ; 20H: data, ring 3
        dq 0, 0                         ; 28H: no TSS
        dq 0, 0                         ; 38H: no TSS
        dq 0x00CF73000000FFFF           ; 48H: data, ring 3, not present
gdt_end:
DESCRIPTORS     equ (gdt_end - gdt) / 8
file_end:
