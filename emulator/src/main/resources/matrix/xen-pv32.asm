; A probe for Xen: a 32-bit PAE kernel, which is at ring 1, that goes to ring RING and executes one instruction there. Every vector leads to
; a handler of the kernel that ends the domain. Data, stack and descriptors are as in the probe for a bare machine, but for what Xen
; refuses: there is no TSS and no LDT among the descriptors.

        org 0x1000
        bits 32

%define NAX eax
%define XAX eax
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
FAULT_ADDRESS   equ SHARED_INFO + 8
XEN_IRET        equ HYPERCALL_PAGE + 23 * 32

FLAT_CODE       equ 0xE019              ; Xen's own selectors
FLAT_DATA       equ 0xE021
KERNEL_CODE     equ 0x08 + 1
KERNEL_DATA     equ 0x10 + 1
TASK            equ 0x28
OTHER_TASK      equ 0x30
TABLE           equ 0x38
PE              equ 1
%if RING
CODE            equ 0x18 + 3
STACK_SEGMENT   equ 0x20 + 3
%else
CODE            equ KERNEL_CODE
STACK_SEGMENT   equ KERNEL_DATA
%endif

file:   db 0x7F, "ELF", 1, 1, 1, 0
        dq 0
        dw 2, 3                         ; an executable for 32-bit x86
        dd 1
        dd start, headers - file, 0
        dd 0
        dw 52, 32, 2, 40, 0, 0
headers:
        dd 1, 0, file, file             ; this file is loaded, with empty pages behind it,
        dd file_end - file, MEMORY_END - 0x1000, 7, 0x1000
        dd 4, notes - file, notes, notes        ; and has notes
        dd notes_end - notes, notes_end - notes, 4, 4

%macro note 2+                          ; type, value
        dd 4, %%end - %%value, %1
        db "Xen", 0
%%value: %2
%%end:  align 4, db 0
%endmacro

notes:  note 5, db "xen-3.0", 0         ; the interface
        note 8, db "generic", 0         ; the loader
        note 9, db "yes", 0             ; PAE
        note 3, dd 0                    ; frame 0 of the domain is mapped to address 0
        note 1, dd start
        note 2, dd HYPERCALL_PAGE
notes_end:

%macro hypercall 1-6                    ; number, arguments
%if %0 > 1
        mov ebx, %2
%endif
%if %0 > 2
        mov ecx, %3
%endif
%if %0 > 3
        mov edx, %4
%endif
%if %0 > 4
        mov esi, %5
%endif
        call HYPERCALL_PAGE + %1 * 32
%endmacro

%macro mmuext 1-3 0, 0                  ; mmuext_op with one operation: command, arguments
        mov dword [operation], %1
        mov eax, %2
        mov [operation + 4], eax
        mov dword [operation + 8], %3
        hypercall 26, operation, 1, 0, 0x7FF0
%endmacro

%macro xen_iret 4                       ; to EIP, CS, ESP and SS
%ifndef FLAGS
%define FLAGS 0x202
%endif
        push %4
        push %3
        push FLAGS
        push %2
        push %1
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
%endmacro

start:
        cld
        mov esp, STACK
        mov ebp, esi                    ; start_info
        mov ecx, [ebp + 36]             ; the machine address of shared_info
        or ecx, 3                       ; present and writable
        hypercall 14, SHARED_INFO, ecx, 0, 2    ; update_va_mapping, UVMF_INVLPG

; The list of the domain's machine frames (mfn_list) tells the machine's number of the first page table (pt_base).
        mov ecx, [ebp + 68]
        mov eax, [ebp + 60]
        shr eax, 12
        mov eax, [ecx + eax * 4]
        mov [base], eax

; Everything but Xen's own is for programs too, where the kernel lets it: these pages are.
        mov ebp, ecx
        mov edi, 1
open:
        mov ecx, [ebp + edi * 4]
        shl ecx, 12
        or ecx, 7                       ; present, writable, for programs
        mov ebx, edi
        shl ebx, 12
        hypercall 14, ebx, ecx, 0, 2
        inc edi
        cmp edi, DATA >> 12
        jbe open

; A page of descriptors must not be writable.
        mov esi, gdt
        mov edi, GDT
        mov ecx, gdt_end - gdt
        rep movsb
        mov ecx, [ebp + (GDT >> 12) * 4]
        mov [gdt_frame], ecx
        shl ecx, 12
        or ecx, 1                       ; present
        hypercall 14, GDT, ecx, 0, 2
        hypercall 2, gdt_frame, DESCRIPTORS     ; set_gdt
        jmp KERNEL_CODE:.reloaded
.reloaded:
        mov eax, KERNEL_DATA
        mov ss, eax
        mov eax, 0x10
        mov ds, eax
        mov es, eax

        mov edi, TRAPS                  ; for all rings: vector, flags, CS, address
        mov eax, handlers
        xor ecx, ecx
trap:
        mov [edi], cl
        mov byte [edi+1], 3
        mov word [edi+2], FLAT_CODE
        mov [edi+4], eax
        add edi, 8
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
        push STACK_SEGMENT
        pop ds
        push STACK_SEGMENT
        pop es
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
        hypercall 29, 2, reason         ; SCHEDOP_shutdown
handlers:
        times 0x31 call finish
        align 4, db 0
base:   dd 0
gdt_frame: dd 0
operation: dd 0, 0, 0
reason: dd 0                            ; SHUTDOWN_poweroff
gdt_pointer:
        dw gdt_end - gdt - 1
        dd GDT
idt_pointer:
        dw 0x31 * 8 - 1
        dd TRAPS
        align 8, db 0
gdt:
        dq 0
        dq 0x00CF9B000000FFFF           ; 08H: code, ring 0
        dq 0x00CF93000000FFFF           ; 10H: data, ring 0
        dq 0x00CFFB000000FFFF           ; 18H: code, ring 3
        dq 0x00CFF3000000FFFF           ; 20H: data, ring 3
        dq 0                            ; 28H: no TSS
        dq 0                            ; 30H: no TSS
        dq 0x00CF73000000FFFF           ; 38H: data, ring 3, not present
gdt_end:
DESCRIPTORS     equ (gdt_end - gdt) / 8
file_end:
