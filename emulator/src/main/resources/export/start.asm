; What an exported disk starts at STAGING, in 32-bit protected mode: it clears the memory that the firmware has used, puts the guest's
; bytes where they belong, and makes the guest's start state.

%include "export.inc"                   ; defines STAGING, CODE_BITS, GDT, GDT_LIMIT, IDT_LIMIT, ROOT, STACK and ENTRY
        org STAGING
        bits 32
LOW_MEMORY      equ 0xA0000
SEGMENTS        equ STAGING + 0x1000    ; address, size, source; the last size is 0
STACK_TOP       equ STAGING + 0x1000
WAY_OUT           equ 0x9F000             ; where the way back to real mode begins

        mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov fs, ax
        mov gs, ax
        mov esp, STACK_TOP
        cld
        mov al, 0xFF                    ; the firmware's interrupts
        out 0x21, al
        out 0xA1, al
        xor eax, eax
        xor edi, edi
        mov ecx, LOW_MEMORY / 4
        rep stosd
        mov ebx, SEGMENTS
place:
        mov edi, [ebx]
        mov ecx, [ebx+4]
        mov esi, [ebx+8]
        add ebx, 12
        test ecx, ecx
        jz placed
        rep movsb
        jmp place
placed:
        lidt [vectors]

%if CODE_BITS == 16
        mov esi, leaving
        mov edi, WAY_OUT
        mov ecx, left - leaving
        rep movsb
        lgdt [narrow]
        jmp 0x08:0
narrow: dw 23
        dd narrow_table
narrow_table:
        dq 0
        dq 0x00009B09F000FFFF           ; 08H: 16-bit code at WAY_OUT
        dq 0x000093000000FFFF           ; 10H: data
        bits 16
leaving:
        mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov eax, 0x10                   ; CR0: as after a reset
        mov cr0, eax
        jmp WAY_OUT >> 4:real - leaving
real:
        mov ax, WAY_OUT >> 4
        mov ss, ax
        mov sp, 0x800
        push word 2
        popf
        mov eax, 0
        mov ebx, 0
        mov ecx, 0
        mov edx, 0
        mov esi, 0
        mov edi, 0
        mov ebp, 0
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov esp, STACK
        jmp 0:ENTRY
left:
%else
        mov eax, 0x11                   ; CR0: protection on, the rest as after a reset
        mov cr0, eax
%if CODE_BITS == 64
        mov eax, 0x20                   ; CR4.PAE
        mov cr4, eax
        mov eax, ROOT
        mov cr3, eax
        mov ecx, 0xC0000080             ; EFER.LME
        mov eax, 0x100
        xor edx, edx
        wrmsr
        lgdt [guest]
        mov eax, 0x80000011
        mov cr0, eax
%else
        lgdt [guest]
%endif
        jmp 0x08:flat
guest:  dw GDT_LIMIT
        dd GDT
        bits CODE_BITS
flat:
        mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov fs, ax
        mov gs, ax
        push 2
%if CODE_BITS == 64
        popfq
        mov r8d, 0
        mov r9d, 0
        mov r10d, 0
        mov r11d, 0
        mov r12d, 0
        mov r13d, 0
        mov r14d, 0
        mov r15d, 0
%else
        popfd
%endif
        mov eax, 0
        mov ebx, 0
        mov ecx, 0
        mov edx, 0
        mov esi, 0
        mov edi, 0
        mov ebp, 0
        mov esp, STACK
%if CODE_BITS == 64
        jmp [rel entry]
%else
        jmp [entry]
%endif
entry:  dq ENTRY
%endif
vectors:
        dw IDT_LIMIT
        dd 0
