; A probe in long mode: goes to ring RING and executes one instruction there, with every vector leading to a handler in ring 0 that
; ends the run with the vector's number. Tables lie in a page of their own, and so does all that is written.

        org 0x1000
        bits 64

%define NAX rax
%define XAX rax
%include "ring.inc"                      ; defines RING
DATA            equ 0x3000
USER_STACK      equ 0x3C00
STACK           equ 0x4000
IDT             equ 0x2000
GDT             equ 0x2400
TSS             equ 0x2500
OTHER_TSS       equ 0x2600
TASK            equ 0x28
OTHER_TASK      equ 0x38
TABLE           equ 0x48
PE              equ 1
PML4            equ 0x70000
USER            equ 4                   ; of an entry: ring 3 may
%if RING
CODE            equ 0x18 + 3
STACK_SEGMENT   equ 0x20 + 3
%else
CODE            equ 0x08
STACK_SEGMENT   equ 0x10
%endif

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

        mov esp, STACK
        or byte [PML4], USER
        or byte [PML4+0x1000], USER
        or byte [PML4+0x2000], USER     ; the first 2 MiB
        mov rax, cr3
        mov cr3, rax
        cld
        mov esi, gdt
        mov edi, GDT
        mov ecx, gdt_end - gdt
        rep movsb
        mov edi, IDT
        mov eax, handlers
        mov ecx, 0x31
gate:
        mov [rdi], ax
        mov dword [rdi+2], 0xEE000008   ; interrupt gates to ring 0, allowed for ring 3
        mov word [rdi+6], 0
        mov dword [rdi+8], 0
        add edi, 16
        add eax, 5                      ; the length of a call
        loop gate
        lgdt [gdt_pointer]
        lidt [idt_pointer]
        mov dword [TSS+4], STACK        ; the stack of ring 0
        mov word [TSS+0x66], 0x68       ; no I/O permission map
        mov ax, TASK
        ltr ax
        mov dword [DATA], 0
        push rax
        pop rax
        empty_registers
%include "kernel.inc"
%if RING
%ifndef FLAGS
%define FLAGS 0x202
%endif
        sti
        push STACK_SEGMENT
        push USER_STACK
        push FLAGS
        push CODE
        push user
        iretq
user:
        mov dword [DATA], 0             ; the tables that shadow these for ring 3 are filled before the probe
        push rax
        pop rax
        empty_registers
%endif
%include "before.inc"
probe:
%include "instruction.inc"
after:
        int 0x30

; A debug exit with the vector: handler n calls from handlers + 5n.
finish:
        pop rax
        sub eax, handlers + 5
        mov cl, 5
        div cl
        out 0xF4, al
        hlt
handlers:
        times 0x31 call finish
gdt_pointer:
        dw gdt_end - gdt - 1
        dq GDT
idt_pointer:
        dw 0x31 * 16 - 1
        dq IDT
nothing:
        dw 0
        dq 0
gdt:
        dq 0
        dq 0x00AF9B000000FFFF           ; 08H: 64-bit code, ring 0
        dq 0x00CF93000000FFFF           ; 10H: data, ring 0
        dq 0x00AFFB000000FFFF           ; 18H: 64-bit code, ring 3
        dq 0x00CFF3000000FFFF           ; 20H: data, ring 3
        dw 0x67, TSS, 0x8900, 0         ; 28H: TSS
        dq 0
        dw 0x67, OTHER_TSS, 0x8900, 0   ; 38H: TSS
        dq 0
        dw 0x0F, DATA, 0x8200, 0        ; 48H: LDT
        dq 0
gdt_end:
