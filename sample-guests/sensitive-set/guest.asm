; The instructions that show or change privileged state and run in every ring: Robin and Irvine's list for the Pentium.
; A kernel performs each of them once, and prints what it saw. On a machine of its own a line says what the manual says.
; Deprivileged, most of them do not fault, so nobody is asked, and the line tells whose machine it really is.

        org 0x1000

KERNEL_CODE     equ 0x08
KERNEL_DATA     equ 0x10
TASK            equ 0x18
LOCAL           equ 0x20
UNUSED          equ 0x28
RING_1          equ 1           ; the low two bits of a selector ask for a ring

STACK           equ 0x8000
VECTOR          equ 0x20
IF_AND_IOPL     equ 0x3200

%ifdef XEN_PV
; The port for Xen, whose kernels are at ring 3. Most instructions stay, so that the lines tell how they lie; two more lines
; show where the truth is.
        bits 64

HYPERCALL_PAGE  equ 0x2000      ; Xen fills it: call N begins at N * 32
SHARED_INFO     equ 0x3000      ; the shared page is mapped here, on top of an empty one
GDT             equ 0x4000      ; only descriptors may be in this page
MEMORY_END      equ STACK
UVMF_INVLPG     equ 2

UPCALL_MASK     equ SHARED_INFO + 1     ; 1: no events, please

%define acc     rax             ; as wide as an address

file:   db 0x7F, "ELF", 2, 1, 1, 0
        dq 0
        dw 2, 62                ; an executable for x86-64
        dd 1
        dq kernel, headers - file, 0
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
        note 1, dq kernel
        note 2, dq HYPERCALL_PAGE
notes_end:

%macro hypercall 1-4            ; number, arguments
%if %0 > 1
        mov edi, %2
%endif
%if %0 > 2
        mov rsi, %3
%endif
%if %0 > 3
        mov edx, %4
%endif
        call HYPERCALL_PAGE + %1 * 32
%endmacro

        align 8, db 0
traps:                          ; vector, lowest ring that may use it by INT, CS, address
        db 13, 0
        dw 0xE033, 0, 0
        dq general_protection
        db VECTOR, 1            ; a kernel counts as ring 1
        dw 0xE033, 0, 0
        dq interrupt
        dq 0, 0

gdt:    dq 0
        dq 0x00AF9B000000FFFF           ; 08H: code, ring 0, 64-bit
        dq 0x00CF93000000FFFF           ; 10H: data, ring 0
        dq 0, 0                         ; no TSS, no LDT
        dq 0x00CF92000000FFFF           ; 28H: data, ring 0; nobody has used it: its accessed bit is clear
gdt_end:
frame:  dq 0
called: dd kernel.called
        dw KERNEL_CODE
jumped: dd kernel.there
        dw KERNEL_CODE + RING_1
memory: dw 0
        dq 0
reason: dd 0                    ; SHUTDOWN_poweroff
%else
        bits 32

memory          equ 0x2000
TASK_STATE      equ 0x3000      ; no ring is ever changed: nobody reads this TSS
LOCAL_TABLE     equ 0x3800
COM1            equ 0x3F8

%define acc     eax

start:
        jmp kernel

; Descriptors, lowest byte last: base, flags and limit, access rights, base, limit.
        align 8, db 0
gdt:    dq 0
        dq 0x00CF9B000000FFFF           ; 08H: code, ring 0, 4 GiB
        dq 0x00CF93000000FFFF           ; 10H: data, ring 0
        dw 0x67, TASK_STATE, 0x8900, 0  ; 18H: available 32-bit TSS
        dw 7, LOCAL_TABLE, 0x8200, 0    ; 20H: local descriptor table
        dq 0x00CF92000000FFFF           ; 28H: data, ring 0; nobody has used it: its accessed bit is clear
gdt_end:

idt:    times 13 dq 0
        dw general_protection, KERNEL_CODE, 0x8E00, 0   ; 13: 32-bit interrupt gate for ring 0
        times VECTOR - 14 dq 0
        dw interrupt, KERNEL_CODE, 0x8E00, 0            ; 20H
idt_end:

gdt_pointer:
        dw gdt_end - gdt - 1
        dd gdt
idt_pointer:
        dw idt_end - idt - 1
        dd idt
%endif

kernel:
        mov esp, STACK
%ifdef XEN_PV
        mov rbx, rsi            ; start_info
        hypercall 0, traps      ; set_trap_table
        mov rsi, [rbx + 40]     ; the machine address of shared_info
        or rsi, 3               ; present and writable
        hypercall 14, SHARED_INFO, rsi, UVMF_INVLPG     ; update_va_mapping
        mov esi, gdt
        mov edi, GDT
        mov ecx, gdt_end - gdt
        rep movsb
        mov rax, [rbx + 104]    ; mfn_list: of each frame of ours, its number in the machine
        mov rax, [rax + GDT / 0x1000 * 8]
        mov [frame], rax
        shl rax, 12
        or rax, 1               ; present, and nobody writes there from now on but Xen
        hypercall 14, GDT, rax, UVMF_INVLPG
        hypercall 2, frame, (gdt_end - gdt) / 8         ; set_gdt
%else
        lgdt [gdt_pointer]      ; entries 08H and 10H are as before, so CS, SS and DS need no reload
        lidt [idt_pointer]
        mov ax, LOCAL
        lldt ax
        mov ax, TASK
        ltr ax
%endif
        mov esi, names

; Where are the tables, and which are the selectors in LDTR and TR (below)?
;@ milestone registers
        sgdt [memory]
        mov acc, [memory + 2]   ; the base
        call print
        sidt [memory]
        mov acc, [memory + 2]
        call print
        sldt ax
        movzx eax, ax
        call print
        smsw ax                 ; the low half of CR0
        movzx eax, ax
        call print

%ifdef XEN_PV
        mov rax, cr0            ; the one that faults: Xen is asked
        call print
%endif

; Flags: IF and IOPL are the kernel's to set.
;@ milestone flags
        pushf
        pop acc
        and eax, IF_AND_IOPL    ; interrupts are off since the start
        call print
%ifdef XEN_PV
        movzx eax, byte [UPCALL_MASK]   ; what a kernel looks at instead
        call print
%endif
        push 0x3002             ; IOPL 3
        popf
        pushf
        pop acc
        and eax, IF_AND_IOPL
        push 2                  ; IOPL 0 again
        popf
        call print

; What does a descriptor allow? The answers depend on the ring of who asks.
;@ milestone descriptors
        mov cx, KERNEL_CODE
        lar eax, ecx
        and eax, 0x00F0FF00     ; the other bits are undefined
        call print
        mov cx, KERNEL_DATA
        lsl eax, ecx
        call print
        mov cx, UNUSED
        verr cx
        mov eax, 0
        setz al                 ; 1: it can be read
        call print
        mov cx, UNUSED
        verw cx
        mov eax, 0
        setz al                 ; 1: it can be written
        call print

; Segment registers and far transfers. A selector that asks for ring 1 names a segment of ring 0 here, or code of another
; ring than this: three times a general-protection fault, after which the kernel goes on at EBX.
;@ milestone segments
        mov ebx, .popped
        push KERNEL_DATA + RING_1
        pop fs
        mov eax, fs             ; no fault: what is there now?
        call print
.popped:
        mov esp, STACK
%ifdef XEN_PV
        push fs                 ; 64-bit code has no PUSH CS,
        pop rax
        call print
        call dword far [called] ; and far transfers by memory only
%else
        push cs
        pop eax
        movzx eax, ax
        call print
        call KERNEL_CODE:.called
%endif
.called:
        movzx eax, word [esp + 4]       ; the CS that it pushed
        mov esp, STACK
        call print
        mov ebx, .jumped
%ifdef XEN_PV
        jmp dword far [jumped]
%else
        jmp KERNEL_CODE + RING_1:.there
%endif
.there:
        mov eax, cs
        call print
.jumped:
        int VECTOR
        mov eax, edi            ; the CS that it pushed
        call print
        mov ebx, .returned
        push KERNEL_CODE + RING_1
        push .back
%ifdef XEN_PV
        retfq
%else
        retf
%endif
.back:
        mov eax, cs
        call print
.returned:
        mov esp, STACK
        str ax
        movzx eax, ax
        call print
        mov eax, ss
        call print
;@ milestone all-done
%ifdef XEN_PV
        hypercall 29, 2, reason         ; sched_op: shutdown

; Xen has pushed SS, RSP, RFLAGS, CS, RIP, the error code, R11 and RCX. The kernel goes on elsewhere, and needs none of them.
general_protection:
        call print_name
        mov dword [rdi], `#GP\n`
        mov ecx, 10
        call print_line
        jmp rbx

interrupt:
        movzx edi, word [rsp + 24]
        pop rcx
        pop r11
        push 0                  ; RCX and R11 count
        jmp HYPERCALL_PAGE + 23 * 32    ; iret

; Prints the next name, and RAX.
print:
        call print_name
        mov ecx, 16
.digit:
        rol rax, 4
        mov edx, eax
        and edx, 15
        mov dl, [digits + rdx]
        mov [rdi], dl
        inc edi
        dec ecx
        jnz .digit
        mov byte [rdi], 10
        mov ecx, 23

; Prints ECX characters of the line.
print_line:
        push rsi
        hypercall 18, 0, rcx, line      ; console_io: write
        pop rsi
        ret

; Begins a line with the six characters at RSI; RDI: behind them.
print_name:
        mov edi, line
        mov ecx, 6
        rep movsb
        ret

line:   times 23 db 0
%else
        hlt                     ; interrupts are off: the end

general_protection:
        call print_name
        mov al, '#'
        out dx, al
        mov al, 'G'
        out dx, al
        mov al, 'P'
        out dx, al
        mov al, 10
        out dx, al
        add esp, 4              ; the error code is the handler's to remove
        mov [esp], ebx
        iret

interrupt:
        movzx edi, word [esp + 4]
        iret

; Prints the next name, and EAX.
print:
        mov ebp, eax
        call print_name
        mov ecx, 8
.digit:
        rol ebp, 4
        mov eax, ebp
        and eax, 15
        mov al, [digits + eax]
        out dx, al
        dec ecx
        jnz .digit
        mov al, 10
        out dx, al
        ret

; Prints the six characters at ESI; DX: COM1.
print_name:
        mov ecx, 6
        mov dx, COM1
.letter:
        lodsb
        out dx, al
        dec ecx
        jnz .letter
        ret
%endif

%ifdef XEN_PV
names:  db "SGDT  SIDT  SLDT  SMSW  CR0   PUSHF MASK  POPF  LAR   LSL   VERR  VERW  "
%else
names:  db "SGDT  SIDT  SLDT  SMSW  PUSHF POPF  LAR   LSL   VERR  VERW  "
%endif
        db "POP   PUSH  CALL  JMP   INT   RET   STR   MOV   "
digits: db "0123456789ABCDEF"
file_end:
