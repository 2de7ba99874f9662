; The hypervisor of the comparison of SVM: takes one case after the other from the end of this file, puts its VMCB and its guest into the work
; area, enters the guest by VMRUN, and prints what #VMEXIT left in the VMCB, in the registers and in the work area.
;
; It runs from 1 MiB, entered in 32-bit protected mode with flat segments, and goes on in 64-bit mode, so that nested tables are those of long
; mode. A clean copy of the work area is in BEFORE, with the case's own bytes in place, and CLEAN, without them.
        bits 32
        org 0x100000

WORK    equ 0x10000
LENGTH  equ 0x20000
VMCB    equ WORK
BEFORE  equ 0x200000
CLEAN   equ 0x240000
HOSTSAVE equ 0x280000           ; VM_HSAVE_PA
HOSTMORE equ 0x281000           ; what VMSAVE saves of the host
STACK   equ 0x2F0000
LEVEL4  equ 0x300000
LEVEL3  equ 0x301000
LEVEL2  equ 0x302000            ; the first GiB
HIGH    equ 0x303000            ; the fourth, with the local APIC
KCODE   equ 0x08
KDATA   equ 0x10
KCODE64 equ 0x18
TASK    equ 0x20
STACKPAGE equ 0x1B000 + 4 * 0x22        ; of the guest's table
STACKNESTED equ 0x28000 + 8 * 0x22      ; of the nested one
COM1    equ 0x3F8
APIC    equ 0xFEE00000

; A case, as written by SvmImage.
CSIZE   equ 0                   ; bytes until the next one
CWAYS   equ 4                   ; how VMRUN is to be performed
CGENERAL equ 8                  ; RCX, RDX, RBX, RBP, RSI, RDI
CBYTES  equ 56                  ; address, length, bytes; and again

PENDING equ 1                   ; an interrupt waits in the local APIC
ENABLED equ 2                   ; the host's IF is 1
STEPPED equ 4                   ; the host's TF is 1
TWICE   equ 8                   ; entered again after the first exit, with EXITINTINFO in EVENTINJ and the guest's stack mapped

        dd 0x1BADB002, 0x10000, -(0x1BADB002 + 0x10000)
        dd 0x100000, 0x100000, 0, 0, start

start:  cli
        cld
        mov esp, STACK
        mov dx, COM1 + 1
        mov al, 0
        out dx, al
        mov dx, COM1 + 3
        mov al, 0x80
        out dx, al
        mov dx, COM1
        mov al, 1
        out dx, al
        inc edx
        mov al, 0
        out dx, al
        mov dx, COM1 + 3
        mov al, 3
        out dx, al
        mov al, 0xFF            ; no interrupts by the 8259As
        out 0x21, al
        out 0xA1, al
        mov edi, LEVEL4
        mov ecx, 0x4000 / 4
        xor eax, eax
        rep stosd
        mov dword [LEVEL4], LEVEL3 | 7
        mov dword [LEVEL3], LEVEL2 | 7
        mov dword [LEVEL3 + 24], HIGH | 7
        mov edi, LEVEL2
        mov eax, 0x83
        mov ecx, 512
.low:   mov [edi], eax
        add edi, 8
        add eax, 0x200000
        loop .low
        mov edi, HIGH
        mov eax, 0xC0000083
        mov ecx, 512
.high:  mov [edi], eax
        add edi, 8
        add eax, 0x200000
        loop .high
        mov edi, WORK
        mov ecx, LENGTH / 4
        xor eax, eax
        rep stosd
        mov edi, BEFORE
        mov ecx, LENGTH / 4
        rep stosd
        mov eax, 0xA0           ; PAE and PGE
        mov cr4, eax
        mov eax, LEVEL4
        mov cr3, eax
        mov ecx, 0xC0000080
        xor edx, edx
        mov eax, 0x1900         ; SVME, LME, NXE
        wrmsr
        mov eax, 0x80000031
        mov cr0, eax
        lgdt [gdtr]
        jmp KCODE64:wide

        bits 64
wide:   mov ax, KDATA
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov esp, STACK
        xor eax, eax
        lldt ax
        mov ax, TASK
        ltr ax
        lidt [idtr]
        mov edi, idt            ; entries for all vectors: they lead to where this one does
        mov ecx, 256
.gate:  mov eax, handler
        mov [rdi], ax
        mov word [rdi + 2], KCODE64
        mov word [rdi + 4], 0x8E00
        shr eax, 16
        mov [rdi + 6], ax
        add edi, 16
        loop .gate
        mov edx, 1
        mov eax, stepped
        mov [idt + 16], ax
        shr eax, 16
        mov [idt + 22], ax
        mov ecx, 0xC0010117
        xor edx, edx
        mov eax, HOSTSAVE
        wrmsr
        mov ecx, 0x174
        xor eax, eax
        wrmsr
        mov eax, HOSTMORE
        vmsave
        mov ebx, APIC
        mov dword [rbx + 0xF0], 0x1FF
        mov esi, cases          ; the first record holds the tables
        mov [current], esi
        call apply
        mov esi, BEFORE
        mov edi, CLEAN
        mov ecx, LENGTH / 4
        rep movsd

; ---- Before a case.

next:   mov esi, [current]
        mov eax, [rsi + CSIZE]
        add esi, eax
        mov [current], esi
        cmp dword [rsi + CSIZE], 0
        je end
        call apply
        mov esi, BEFORE
        mov edi, WORK
        mov ecx, LENGTH / 4
        rep movsd
        xor eax, eax
        mov cr2, rax
        mov dr0, rax
        mov dr1, rax
        mov dr2, rax
        mov dr3, rax
        mov [traps], eax
        mov eax, 0xFFFF0FF0
        mov dr6, rax
        mov eax, 0x400
        mov dr7, rax
        xor eax, eax
        mov cr8, rax
        mov esi, [current]
        mov edi, [rsi + CWAYS]
        mov [ways], edi
        test edi, PENDING
        jz again
        mov ebx, APIC
        mov dword [rbx + 0x300], 0x40031        ; to itself
.wait:  test dword [rbx + 0x210], 1 << 0x11     ; IRR
        jz .wait

again:  clgi
        mov eax, VMCB
        vmload
        mov esi, [current]
        mov rcx, [rsi + CGENERAL]
        mov rdx, [rsi + CGENERAL + 8]
        mov rbx, [rsi + CGENERAL + 16]
        mov rbp, [rsi + CGENERAL + 24]
        mov rdi, [rsi + CGENERAL + 40]
        mov rsi, [rsi + CGENERAL + 32]
        xor r8d, r8d
        mov r9, r8
        mov r10, r8
        mov r11, r8
        mov r12, r8
        mov r13, r8
        mov r14, r8
        mov r15, r8
        test dword [ways], ENABLED
        jz .masked
        sti
        nop
.masked:
        mov eax, VMCB
        test dword [ways], STEPPED
        jz .free
        mov dword [rsp - 8], 0x102
        mov dword [rsp - 4], 0
        sub rsp, 8
        popfq
.free:  vmrun

; ---- After it.

        cli
        mov [r_rcx], rcx
        mov [r_rdx], rdx
        mov [r_rbx], rbx
        mov [r_rbp], rbp
        mov [r_rsi], rsi
        mov [r_rdi], rdi
        mov eax, VMCB
        vmsave
        mov eax, HOSTMORE
        vmload
        test dword [ways], TWICE
        jz .done
        and dword [ways], ~(TWICE | PENDING)
        mov rax, [VMCB + 0x88]
        mov [VMCB + 0xA8], rax
        or dword [STACKPAGE], 1
        or dword [STACKNESTED], 1
        jmp again
.done:  mov rax, cr2
        mov [r_cr2], rax
        mov rax, cr8
        mov [r_cr8], rax
        mov eax, [traps]
        mov [r_traps], rax
        xor eax, eax
        mov cr8, rax
        mov ax, KDATA
        mov ds, ax
        mov es, ax
        mov esp, STACK
        stgi                    ; what still waits is taken
        sti
        nop
        nop
        cli
        mov ebx, APIC           ; and what the guest has in service ends
        mov dword [rbx + 0xB0], 0
        mov dword [rbx + 0xB0], 0

; ---- The line: the VMCB's fields, the registers, every doubleword behind the VMCB that has changed.

        mov esi, fields
.field: movzx ebx, word [rsi]
        movzx ecx, byte [rsi + 2]
        add esi, 3
        test ecx, ecx
        jz .registers
        mov rax, [rbx + VMCB]
        cmp ecx, 8
        je .print
        shl ecx, 3
        mov edx, 1
        shl rdx, cl
        dec rdx
        and rax, rdx
.print: call hex
        mov al, ' '
        call put
        jmp .field
.registers:
        mov esi, result
.value: mov rax, [rsi]
        call hex
        mov al, ' '
        call put
        add esi, 8
        cmp esi, resultend
        jb .value
        mov esi, WORK + 0x1000
        mov edi, BEFORE + 0x1000
        mov ecx, (LENGTH - 0x1000) / 4
.compare:
        repe cmpsd
        je .same
        lea eax, [rsi - 4]
        call hex
        mov al, ':'
        call put
        mov eax, [rsi - 4]
        call hex
        mov al, ' '
        call put
        test ecx, ecx
        jnz .compare
.same:  mov al, 10
        call put
        jmp next

; Host's interrupts: the one that waited.
handler:
        push rbx
        mov ebx, APIC
        mov dword [rbx + 0xB0], 0
        pop rbx
        iretq

; The host's single step: counted, and once is enough.
stepped:
        inc dword [traps]
        and dword [rsp + 16], ~0x100
        iretq

; Puts the bytes of the case at [current] into BEFORE, in place of those of the case before it.
apply:  mov ebx, [dirty]
        test ebx, ebx
        jz .fresh
        mov edx, [rbx + CSIZE]
        add edx, ebx
        add ebx, CBYTES
.undo:  cmp ebx, edx
        jae .fresh
        mov edi, [rbx]
        lea esi, [rdi + CLEAN - WORK]
        add edi, BEFORE - WORK
        mov ecx, [rbx + 4]
        lea ebx, [rbx + rcx + 11]
        and ebx, -4
        rep movsb
        jmp .undo
.fresh: mov ebx, [current]
        mov [dirty], ebx
        mov edx, [rbx + CSIZE]
        add edx, ebx
        add ebx, CBYTES
.more:  cmp ebx, edx
        jae .done
        mov edi, [rbx]
        add edi, BEFORE - WORK
        mov ecx, [rbx + 4]
        lea esi, [rbx + 8]
        lea ebx, [rsi + rcx + 3]
        and ebx, -4
        rep movsb
        jmp .more
.done:  ret

; Prints RAX without leading zeros. Keeps RSI, RDI, RCX.
hex:    push rcx
        push rsi
        mov rsi, rax
        mov ecx, 64
.skip:  cmp ecx, 4
        je .digit
        mov rax, rsi
        shr rax, 60
        jnz .digit
        shl rsi, 4
        sub ecx, 4
        jmp .skip
.digit: mov rax, rsi
        shr rax, 60
        add al, '0'
        cmp al, '9'
        jbe .put
        add al, 'a' - '0' - 10
.put:   call put
        shl rsi, 4
        sub ecx, 4
        jnz .digit
        pop rsi
        pop rcx
        ret

put:    push rdx
        push rax
        mov dx, COM1 + 5
.wait:  in al, dx
        test al, 0x20
        jz .wait
        pop rax
        mov dx, COM1
        out dx, al
        pop rdx
        ret

end:    mov dx, COM1 + 5
.wait:  in al, dx
        test al, 0x40
        jz .wait
        xor eax, eax
        out 0xF4, al            ; ends Ringside and QEMU
        cli
        hlt

        align 8
gdt:    dq 0
        dq 0x00CF9B000000FFFF
        dq 0x00CF93000000FFFF
        dq 0x00AF9B000000FFFF
        dw 0x67, 0x8000, 0x8928, 0, 0, 0, 0, 0  ; a TSS that nobody needs, at 288000H
gdtr:   dw 0x2F
        dd gdt
        align 8
idtr:   dw 0xFFF
        dq idt
        align 8
current: dd 0
dirty:  dd 0
ways:   dd 0
traps:  dd 0
        align 8
result:
r_rcx:  dq 0
r_rdx:  dq 0
r_rbx:  dq 0
r_rbp:  dq 0
r_rsi:  dq 0
r_rdi:  dq 0
r_cr2:  dq 0
r_cr8:  dq 0
r_traps: dq 0
resultend:

; The fields that are printed, as SvmOutcome names them: offset, size.
fields:
        dw 0x070
        db 8
        dw 0x078
        db 8
        dw 0x080
        db 8
        dw 0x088
        db 8
        dw 0x0A8
        db 8
        dw 0x060
        db 4
        dw 0x068
        db 1
        dw 0x578
        db 8
        dw 0x5D8
        db 8
        dw 0x5F8
        db 8
        dw 0x570
        db 8
        dw 0x4CB
        db 1
        dw 0x410
        db 8
        dw 0x418
        db 8
        dw 0x420
        db 8
        dw 0x428
        db 8
        dw 0x430
        db 8
        dw 0x400
        db 8
        dw 0x440
        db 8
        dw 0x448
        db 8
        dw 0x450
        db 8
        dw 0x458
        db 8
        dw 0x470
        db 8
        dw 0x490
        db 8
        dw 0x558
        db 8
        dw 0x640
        db 8
        dw 0x550
        db 8
        dw 0x548
        db 8
        dw 0x4D0
        db 8
        dw 0x568
        db 8
        dw 0x560
        db 8
        dw 0x464
        db 4
        dw 0x468
        db 8
        dw 0x484
        db 4
        dw 0x488
        db 8
        dw 0x620
        db 8
        dw 0, 0

        align 16
idt:    times 256 * 16 db 0
        align 16
cases:
