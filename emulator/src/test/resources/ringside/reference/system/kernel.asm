; The kernel of the system-level comparison: takes one case after the other from the end of this file, makes the state that it
; describes, enters it, and prints what is found when the processor comes back by an exception or interrupt.
;
; It runs from 1 MiB, entered in 32-bit protected mode with flat segments. Everything that a case can use or break lies in the work
; area; a clean copy of it is in BEFORE, with the case's own bytes in place, and CLEAN, without them.
        bits 32
        org 0x100000

WORK    equ 0x10000
LENGTH  equ 0x18000
BEFORE  equ 0x200000
CLEAN   equ 0x240000
STACK   equ 0x2F0000
IDT     equ WORK
IDT64   equ WORK + 0x1000
GDT     equ WORK + 0x2000
GDTEND  equ 0x1FF
KCODE   equ 0x08
KDATA   equ 0x10
KCODE64 equ 0x30
COM1    equ 0x3F8

; A case, as written by SystemCase.
CSIZE   equ 0                   ; bytes until the next one
CLONG   equ 4                   ; 1: long mode
CSTATE  equ 8
CWORDS  equ 34
CBYTES  equ 144                 ; address, length, bytes; and again

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
        mov al, 0xFF            ; no interrupts from outside
        out 0x21, al
        out 0xA1, al
        mov edi, BEFORE         ; the first record holds the tables
        mov ecx, LENGTH / 4
        xor eax, eax
        rep stosd
        mov esi, cases
        mov [current], esi
        call apply
        mov esi, BEFORE
        mov edi, CLEAN
        mov ecx, LENGTH / 4
        rep movsd
        call copy
        lgdt [gdtr]
        jmp KCODE:next

; ---- Before a case.

next:   mov esp, STACK
        mov ax, KDATA
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esi, [current]
        add esi, [esi + CSIZE]
        mov [current], esi
        cmp dword [esi + CSIZE], 0
        je end
        call apply
        call copy
        mov esi, [current]
        mov eax, [esi + CLONG]
        mov [inlong], eax
        add esi, CSTATE
        mov edi, state
        mov ecx, CWORDS
        rep movsd
        lgdt [gdtr]
        lidt [idtr]
        xor eax, eax
        mov cr2, eax
        mov dr0, eax
        mov eax, 0xFFFF0FF0
        mov dr6, eax
        mov eax, [s_dr0]
        mov dr0, eax
        push dword 2
        popfd
        lldt [s_ldtr]
        mov eax, [s_cr4]
        mov cr4, eax
        mov eax, [s_cr3]
        mov cr3, eax
        mov ecx, 0xC0000080
        xor edx, edx
        mov eax, [s_efer]
        wrmsr
        mov ecx, 0x174          ; IA32_SYSENTER_CS
        xor eax, eax
        wrmsr
        mov eax, [s_cr0]
        mov cr0, eax
        cmp dword [inlong], 0
        jne enterlong
        ltr [s_tr]
        mov eax, [s_dr7]
        mov dr7, eax
        test dword [s_flags], 0x20000
        jnz enterv86
        mov es, [s_es]
        mov fs, [s_fs]
        mov gs, [s_gs]
        test dword [s_cs], 3
        jz inner
        push dword [s_ss]
        push dword [s_rsp]
        jmp frame
inner:  mov ss, [s_ss]
        mov esp, [s_rsp]
frame:  push dword [s_flags]
        push dword [s_cs]
        push dword [s_rip]
        mov eax, [s_rax]
        mov ecx, [s_rcx]
        mov edx, [s_rdx]
        mov ebx, [s_rbx]
        mov ebp, [s_rbp]
        mov esi, [s_rsi]
        mov edi, [s_rdi]
        mov ds, [s_ds]
        iretd

enterv86:
        push dword [s_gs]
        push dword [s_fs]
        push dword [s_ds]
        push dword [s_es]
        push dword [s_ss]
        push dword [s_rsp]
        push dword [s_flags]
        push dword [s_cs]
        push dword [s_rip]
        mov eax, [s_rax]
        mov ecx, [s_rcx]
        mov edx, [s_rdx]
        mov ebx, [s_rbx]
        mov ebp, [s_rbp]
        mov esi, [s_rsi]
        mov edi, [s_rdi]
        iretd

enterlong:
        jmp KCODE64:enter64
        bits 64
enter64:
        lidt [idtr64]
        ltr [s_tr]
        mov eax, [s_dr7]
        mov dr7, rax
        xor edx, edx
        xor eax, eax
        mov ecx, 0xC0000102
        wrmsr
        mov ecx, 0xC0000083     ; IA32_CSTAR
        wrmsr
        dec ecx
        mov eax, WORK + 0x17000 ; IA32_LSTAR
        wrmsr
        mov ecx, 0xC0000084     ; IA32_FMASK
        mov eax, 0x200
        wrmsr
        mov ecx, 0xC0000081     ; IA32_STAR
        mov edx, 0x1B0008
        wrmsr
        mov ds, [s_ds]
        mov es, [s_es]
        mov fs, [s_fs]
        mov gs, [s_gs]
        mov eax, [s_ss]
        push rax
        push qword [s_rsp]
        mov eax, [s_flags]
        push rax
        mov eax, [s_cs]
        push rax
        push qword [s_rip]
        mov rax, [s_rax]
        mov rcx, [s_rcx]
        mov rdx, [s_rdx]
        mov rbx, [s_rbx]
        mov rbp, [s_rbp]
        mov rsi, [s_rsi]
        mov rdi, [s_rdi]
        xor r8d, r8d
        mov r9, r8
        mov r10, r8
        mov r11, r8
        iretq
        bits 32

; Puts the bytes of the case at [current] into BEFORE, in place of those of the case before it.
apply:  mov edi, [dirty]
        mov esi, edi
        call undo
        mov ebx, [current]
        mov [dirty], ebx
        mov edx, ebx
        add edx, [ebx + CSIZE]
        add ebx, CBYTES
.more:  cmp ebx, edx
        jae .done
        mov edi, [ebx]
        add edi, BEFORE - WORK
        mov ecx, [ebx + 4]
        lea esi, [ebx + 8]
        lea ebx, [esi + ecx + 3]
        and ebx, -4
        rep movsb
        jmp .more
.done:  ret

undo:   test esi, esi
        jz .done
        mov ebx, esi
        mov edx, esi
        add edx, [esi + CSIZE]
        add ebx, CBYTES
.more:  cmp ebx, edx
        jae .done
        mov edi, [ebx]
        lea esi, [edi + CLEAN - WORK]
        add edi, BEFORE - WORK
        mov ecx, [ebx + 4]
        lea ebx, [ebx + ecx + 11]
        and ebx, -4
        rep movsb
        jmp .more
.done:  ret

copy:   mov esi, BEFORE
        mov edi, WORK
        mov ecx, LENGTH / 4
        rep movsd
        ret

; ---- After a case: entries of the interrupt tables, 16 bytes each.

        align 16
stubs:
%assign vector 0
%rep 64
        align 16
%if vector = 8 || vector >= 10 && vector <= 14 || vector = 17
%else
        push dword 0
%endif
        push dword vector
        jmp arrive
%assign vector vector + 1
%endrep
        align 16
stubs64:
        bits 64
%assign vector 0
%rep 64
        align 16
%if vector = 8 || vector >= 10 && vector <= 14 || vector = 17
%else
        push 0
%endif
        push vector
        jmp arrive64
%assign vector vector + 1
%endrep
        align 16
        bits 32

; A 16-bit gate leads here, by a code segment that begins where this file does.
stub16: jmp KCODE:.flat
.flat:  push ds
        push eax
        mov ax, KDATA
        mov ds, ax
        pop dword [r_rax]
        pop dword [r_ds]
        call save
        mov esi, esp
        mov dword [r_vector], 0x116
        mov dword [r_error], 0
        movzx eax, word [ss:esi]
        mov [r_rip], eax
        movzx eax, word [ss:esi + 2]
        mov [r_cs], eax
        movzx eax, word [ss:esi + 4]
        mov [r_flags], eax
        test byte [r_cs], 3
        jz .inner
        movzx eax, word [ss:esi + 6]
        mov [r_rsp], eax
        movzx eax, word [ss:esi + 8]
        mov [r_ss], eax
        jmp finish
.inner: lea eax, [esi + 6]
        mov [r_rsp], eax
        mov [r_ss], ss
        jmp finish

; Into the result: all registers but EAX, DS and what a frame holds. Upper halves are cleared.
save:   mov [r_rcx], ecx
        mov [r_rdx], edx
        mov [r_rbx], ebx
        mov [r_rbp], ebp
        mov [r_rsi], esi
        mov [r_rdi], edi
        mov [r_es], es
        mov [r_fs], fs
        mov [r_gs], gs
        ret

arrive: push ds
        push eax
        mov ax, KDATA
        mov ds, ax
        pop dword [r_rax]
        pop dword [r_ds]
        mov [r_rcx], ecx
        mov [r_rdx], edx
        mov [r_rbx], ebx
        mov [r_rbp], ebp
        mov [r_rsi], esi
        mov [r_rdi], edi
        mov [r_es], es
        mov [r_fs], fs
        mov [r_gs], gs
        mov esi, esp
        mov ax, ss
        lar ecx, ax
        test ecx, 0x400000
        jnz .wide
        movzx esi, si
.wide:  mov eax, [ss:esi]
        mov [r_vector], eax
        mov eax, [ss:esi + 4]
        mov [r_error], eax
        mov eax, [ss:esi + 8]
        mov [r_rip], eax
        mov eax, [ss:esi + 12]
        mov [r_cs], eax
        mov eax, [ss:esi + 16]
        mov [r_flags], eax
        test eax, 0x20000
        jnz .v86
        test byte [r_cs], 3
        jz .inner
        mov eax, [ss:esi + 20]
        mov [r_rsp], eax
        mov eax, [ss:esi + 24]
        mov [r_ss], eax
        jmp finish
.v86:   mov eax, [ss:esi + 20]
        mov [r_rsp], eax
        mov eax, [ss:esi + 24]
        mov [r_ss], eax
        mov eax, [ss:esi + 28]
        mov [r_es], eax
        mov eax, [ss:esi + 32]
        mov [r_ds], eax
        mov eax, [ss:esi + 36]
        mov [r_fs], eax
        mov eax, [ss:esi + 40]
        mov [r_gs], eax
        jmp finish
.inner: lea eax, [esi + 20]
        mov [r_rsp], eax
        mov [r_ss], ss
        jmp finish

        bits 64
arrive64:
        mov [r_rax], rax
        mov [r_rcx], rcx
        mov [r_rdx], rdx
        mov [r_rbx], rbx
        mov [r_rbp], rbp
        mov [r_rsi], rsi
        mov [r_rdi], rdi
        mov [r_ds], ds
        mov [r_es], es
        mov [r_fs], fs
        mov [r_gs], gs
        pop qword [r_vector]
        pop qword [r_error]
        pop qword [r_rip]
        pop qword [r_cs]
        pop qword [r_flags]
        pop qword [r_rsp]
        pop qword [r_ss]
        mov ecx, 0xC0000100
        rdmsr
        mov [r_fsbase], eax
        mov [r_fsbase + 4], edx
        mov ecx, 0xC0000101
        rdmsr
        mov [r_gsbase], eax
        mov [r_gsbase + 4], edx
        mov ecx, 0xC0000102
        rdmsr
        mov [r_kgsbase], eax
        mov [r_kgsbase + 4], edx
        mov rax, cr2
        mov [r_cr2], rax
        mov esp, STACK
        push KCODE
        push longdone
        retfq
        bits 32
longdone:
        mov ax, KDATA
        mov ds, ax
        jmp both

finish: mov eax, cr2
        mov [r_cr2], eax
both:   cld
        mov ax, KDATA
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov esp, STACK
        mov eax, 0x400
        mov dr7, eax
        mov eax, dr6
        mov [r_dr6], eax
        mov eax, cr0
        mov [r_cr0], eax
        mov eax, cr3
        mov [r_cr3], eax
        mov eax, cr4
        mov [r_cr4], eax
        mov ecx, 0xC0000080
        rdmsr
        mov [r_efer], eax
        sldt ax
        mov [r_ldtr], ax
        str ax
        mov [r_tr], ax
        mov eax, 0x31
        mov cr0, eax
        xor eax, eax
        mov cr4, eax
        xor edx, edx
        wrmsr
        lgdt [gdtr]
        lldt [zero]

; ---- The line: every register, then every doubleword of the work area that has changed.

        mov esi, result
.value: mov edx, [esi + 4]
        mov eax, [esi]
        and dword [esi], 0
        and dword [esi + 4], 0
        call hex
        mov al, ' '
        call put
        add esi, 8
        cmp esi, resultend
        jb .value
        mov esi, WORK
        mov edi, BEFORE
        mov ecx, LENGTH / 4
.compare:
        repe cmpsd
        je .same
        mov eax, esi
        sub eax, 4
        xor edx, edx
        call hex
        mov al, ':'
        call put
        mov eax, [esi - 4]
        xor edx, edx
        call hex
        mov al, ' '
        call put
        test ecx, ecx
        jnz .compare
.same:  mov al, 10
        call put
        jmp next

; Prints EDX:EAX without leading zeros. Keeps ESI, EDI, ECX.
hex:    push ecx
        push esi
        push edi
        mov esi, eax
        mov edi, edx
        mov ecx, 64
.skip:  cmp ecx, 4
        je .digit
        mov eax, edi
        shr eax, 28
        jnz .digit
        shld edi, esi, 4
        shl esi, 4
        sub ecx, 4
        jmp .skip
.digit: mov eax, edi
        shr eax, 28
        add al, '0'
        cmp al, '9'
        jbe .put
        add al, 'a' - '0' - 10
.put:   call put
        shld edi, esi, 4
        shl esi, 4
        sub ecx, 4
        jnz .digit
        pop edi
        pop esi
        pop ecx
        ret

put:    push edx
        push eax
        mov dx, COM1 + 5
.wait:  in al, dx
        test al, 0x20
        jz .wait
        pop eax
        mov dx, COM1
        out dx, al
        pop edx
        ret

end:    mov dx, COM1 + 5
.wait:  in al, dx
        test al, 0x40
        jz .wait
        xor eax, eax
        out 0xF4, al            ; ends Ringside and QEMU
        mov dx, 0x8900          ; ends Bochs
        mov esi, goodbye
        mov ecx, 8
        rep outsb
        cli
        hlt

goodbye: db "Shutdown"
        align 8
gdtr:   dw GDTEND
        dd GDT
idtr:   dw 0x7FF
        dd IDT
idtr64: dw 0xFFF
        dq IDT64
zero:   dw 0
        align 8
current: dd 0
dirty:  dd 0
inlong:   dd 0
        align 8
state:
s_cr0:  dd 0
s_cr3:  dd 0
s_cr4:  dd 0
s_efer: dd 0
s_ldtr: dd 0
s_tr:   dd 0
s_dr7:  dd 0
s_dr0:  dd 0
s_ds:   dd 0
s_es:   dd 0
s_fs:   dd 0
s_gs:   dd 0
s_ss:   dd 0
s_cs:   dd 0
s_flags: dd 0
        dd 0
s_rip:  dq 0
s_rsp:  dq 0
s_rax:  dq 0
s_rcx:  dq 0
s_rdx:  dq 0
s_rbx:  dq 0
s_rbp:  dq 0
s_rsi:  dq 0
s_rdi:  dq 0

        align 8
result:
r_vector: dq 0
r_error: dq 0
r_cs:   dq 0
r_rip:  dq 0
r_flags: dq 0
r_ss:   dq 0
r_rsp:  dq 0
r_rax:  dq 0
r_rcx:  dq 0
r_rdx:  dq 0
r_rbx:  dq 0
r_rbp:  dq 0
r_rsi:  dq 0
r_rdi:  dq 0
r_ds:   dq 0
r_es:   dq 0
r_fs:   dq 0
r_gs:   dq 0
r_cr0:  dq 0
r_cr2:  dq 0
r_cr3:  dq 0
r_cr4:  dq 0
r_efer: dq 0
r_dr6:  dq 0
r_ldtr: dq 0
r_tr:   dq 0
r_fsbase: dq 0
r_gsbase: dq 0
r_kgsbase: dq 0
resultend:
        align 16
cases:
