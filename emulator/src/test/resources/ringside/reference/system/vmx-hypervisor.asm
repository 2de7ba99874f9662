; The hypervisor of the comparison of VMX: takes one case after the other from the end of this file and does what it says: writes fields of a
; fresh VMCS and bytes of the work area, enters a guest, or calls code of its own. Prints a line for each entry and each call: every field
; that an exit wrote, the registers, every doubleword of the work area that has changed.
;
; It is entered in 32-bit protected mode with flat segments, and goes on in 64-bit mode, so that its guests may have any mode.
        bits 32
        org 0x100000

REGION  equ 0x11000             ; the VMXON region
VMCS    equ 0x12000
WORK    equ 0x13000
LENGTH  equ 0x20000
CALLED  equ 0x32000             ; a case's code for the hypervisor itself
BEFORE  equ 0x240000            ; the work area as the guest found it
CLEAN   equ 0x280000            ; and as every case finds it
VALUES  equ 0x2C0000            ; fields before an entry
IDT     equ 0x2D0000
STUBS   equ 0x2D1000
STACK   equ 0x2F0000
LEVEL4  equ 0x300000
LEVEL3  equ 0x301000
LEVEL2  equ 0x302000            ; the first GiB
HIGH    equ 0x303000            ; the fourth, with the local APIC
TSS     equ 0x304000
KCODE   equ 0x08
KDATA   equ 0x10
KCODE64 equ 0x18
TASK    equ 0x20
COM1    equ 0x3F8
APIC    equ 0xFEE00000
VECTOR  equ 0x31                ; of the interrupt that waits
MOST    equ 24                  ; doublewords of memory in a line

; What a case may say, as VmxImage writes it.
DO_END     equ 0
DO_BYTES   equ 1                   ; address, length, bytes up to a multiple of four
DO_FIELD   equ 2                   ; encoding, value of eight bytes
DO_GENERAL equ 3                   ; RAX, RCX, RDX, RBX, RBP, RSI, RDI of eight bytes
DO_ENTER   equ 4                   ; ways
DO_CALL    equ 5

RESUME  equ 1                   ; by VMRESUME
SKIP    equ 2                   ; behind the instruction that left
WAITING equ 4                   ; an interrupt waits in the local APIC
AGAIN   equ 8                   ; with the event in whose delivery the guest was left
BLOCKED equ 16                  ; MOV SS stands before

        jmp start
        align 4
header: dd 0x1BADB002, 0x10000, -(0x1BADB002 + 0x10000)
        dd header, 0x100000, 0, 0, start

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
        mov ecx, 0x5000 / 4
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
        mov ecx, 0x3A           ; IA32_FEATURE_CONTROL
        rdmsr
        test eax, 1
        jnz .locked
        or eax, 5
        wrmsr
.locked:
        mov eax, 0x20A0         ; VMXE, PGE, PAE
        mov cr4, eax
        mov eax, LEVEL4
        mov cr3, eax
        mov ecx, 0xC0000080
        xor edx, edx
        mov eax, 0x900          ; LME, NXE
        wrmsr
        mov eax, 0x80000031
        mov cr0, eax
        lgdt [gdtr]
        jmp KCODE64:wide

        bits 64
wide:   mov ax, KDATA
        mov ds, ax
        mov es, ax
        mov ss, ax
        xor eax, eax
        mov fs, ax
        mov gs, ax
        mov esp, STACK
        lldt ax
        mov ax, TASK
        ltr ax
        mov edi, STUBS          ; push vector; jmp handler
        xor ecx, ecx
.stub:  mov byte [rdi], 0x6A
        mov [rdi + 1], cl
        mov byte [rdi + 2], 0xE9
        mov eax, handler - 7
        sub eax, edi
        mov [rdi + 3], eax
        mov edx, ecx
        shl edx, 4
        mov [rdx + IDT], di
        mov word [rdx + IDT + 2], KCODE64
        mov word [rdx + IDT + 4], 0x8E00
        mov eax, edi
        shr eax, 16
        mov [rdx + IDT + 6], ax
        mov dword [rdx + IDT + 8], 0
        add edi, 8
        inc ecx
        cmp ecx, 256
        jb .stub
        lidt [idtr]
        mov ebx, APIC
        mov dword [rbx + 0xF0], 0x1FF
        mov ecx, 0x480          ; IA32_VMX_BASIC
        rdmsr
        mov [revision], eax
        mov [REGION], eax
        vmxon [regionpointer]
        mov esi, cases          ; the first record: the fields to print
        mov eax, [rsi]
        mov [fieldcount], eax
        add rsi, 4
        mov [fieldlist], rsi
        lea rsi, [rsi + rax * 4]
        call script             ; the second: the work area
        mov [base], rsi         ; the third: the fields of every VMCS
        mov esi, WORK
        mov edi, CLEAN
        mov ecx, LENGTH / 8
        rep movsq
        call fresh
        mov esi, [base]
        call script
        mov [current], rsi

; ---- Case by case. An empty one is the last.

next:   mov esi, CLEAN
        mov edi, WORK
        mov ecx, LENGTH / 8
        rep movsq
        call fresh
        mov rsi, [current]
        cmp dword [rsi], DO_END
        je end
        mov rsi, [base]
        call script
        mov rsi, [current]
        call script
        mov [current], rsi
        mov al, 10
        call put
        jmp next

; A VMCS as after VMCLEAR of a region of zeros, with the host's fields.
fresh:  vmclear [vmcspointer]   ; while a VMCS is active, what lies in its region says nothing
        mov edi, VMCS
        mov ecx, 0x1000 / 8
        xor eax, eax
        rep stosq
        mov eax, [revision]
        mov [VMCS], eax
        vmclear [vmcspointer]
        vmptrld [vmcspointer]
        mov esi, hostfields
.host:  mov eax, [rsi]
        mov ecx, [rsi + 4]
        vmwrite rax, rcx
        add esi, 8
        cmp esi, hostend
        jb .host
        mov rax, cr0
        mov edx, 0x6C00
        vmwrite rdx, rax
        mov rax, cr4
        mov edx, 0x6C04
        vmwrite rdx, rax
        mov edi, general
        mov ecx, 8
        xor eax, eax
        rep stosq
        ret

; Does what the script at RSI says; RSI behind it.
script: lodsd
        cmp eax, DO_END
        je .end
        cmp eax, DO_BYTES
        je .bytes
        cmp eax, DO_FIELD
        je .field
        cmp eax, DO_GENERAL
        je .general
        cmp eax, DO_CALL
        je .call
        mov eax, [rsi]
        add rsi, 4
        mov [ways], eax
        push rsi
        call enter
        pop rsi
        jmp script
.call:  push rsi
        call rooted
        pop rsi
        jmp script
.bytes: mov edi, [rsi]
        mov ecx, [rsi + 4]
        add rsi, 8
        mov edx, ecx
        rep movsb
        neg edx
        and edx, 3
        add rsi, rdx
        jmp script
.field: mov edx, [rsi]
        mov rax, [rsi + 4]
        add rsi, 12
        vmwrite rdx, rax
        jmp script
.general:
        mov edi, general
        mov ecx, 7
        rep movsq
        jmp script
.end:   ret

; What is there before a guest or the case's own code runs.
prepare:
        mov esi, WORK
        mov edi, BEFORE
        mov ecx, LENGTH / 8
        rep movsq
        xor eax, eax
        mov cr2, rax
        mov dr0, rax
        mov dr1, rax
        mov dr2, rax
        mov dr3, rax
        mov cr8, rax
        mov [fault], eax
        mov [flags], eax
        mov [interrupts], eax
        mov eax, 0xFFFF0FF0
        mov dr6, rax
        mov rsi, [fieldlist]
        mov edi, VALUES
        mov ecx, [fieldcount]
.field: lodsd
        xor ebx, ebx
        mov edx, eax
        shr edx, 10
        and edx, 3
        cmp edx, 1              ; read-only: it is printed unless it is 0
        je .keep
        cmp eax, 0x6820         ; and RFLAGS always
        je .keep
        vmread rbx, rax
.keep:  mov [rdi], rbx
        add rdi, 8
        loop .field
        ret

load:   mov rcx, [general + 8]
        mov rdx, [general + 16]
        mov rbx, [general + 24]
        mov rbp, [general + 32]
        mov rsi, [general + 40]
        mov rdi, [general + 48]
        xor r8d, r8d
        mov r9, r8
        mov r10, r8
        mov r11, r8
        mov r12, r8
        mov r13, r8
        mov r14, r8
        mov r15, r8
        mov rax, [general]
        ret

enter:  test dword [ways], SKIP
        jz .there
        mov edx, 0x681E
        vmread rax, rdx
        mov ecx, 0x440C
        vmread rbx, rcx
        add rax, rbx
        vmwrite rdx, rax
.there: test dword [ways], AGAIN
        jz .plain
        mov edx, 0x4408
        vmread rax, rdx
        mov edx, 0x4016
        vmwrite rdx, rax
        mov edx, 0x440A
        vmread rax, rdx
        mov edx, 0x4018
        vmwrite rdx, rax
        mov edx, 0x440C
        vmread rax, rdx
        mov edx, 0x401A
        vmwrite rdx, rax
.plain: call prepare
        test dword [ways], WAITING
        jz .quiet
        mov ebx, APIC
        mov dword [rbx + 0x300], 0x40000 | VECTOR       ; to itself
.wait:  test dword [rbx + 0x200 + VECTOR / 32 * 16], 1 << (VECTOR & 31)
        jz .wait
.quiet: mov edx, 0x6C14         ; HOST_RSP
        vmwrite rdx, rsp
        call load
        test dword [ways], BLOCKED
        jnz .blocked
        test dword [ways], RESUME
        jnz .resume
        vmlaunch
        jmp failed
.resume:
        vmresume
        jmp failed
.blocked:
        push rax
        mov ax, ss
        mov ss, ax
        vmlaunch
        pop rax
failed: pushfq
        pop qword [flags]
        jmp left

; The case's own code; a fault in it ends it.
rooted: call prepare
        mov [faultstack], rsp
        mov edx, 0x6C14
        vmwrite rdx, rsp
        mov byte [guarded], 1
        push 2
        popfq
        call load
        push returned
        jmp CALLED
returned:
        pushfq
        pop qword [flags]
faulted:
        mov byte [guarded], 0
        cld
        jmp left

; Behind a VM exit.
exited: mov byte [guarded], 0
left:   mov [result], rax
        mov [result + 8], rcx
        mov [result + 16], rdx
        mov [result + 24], rbx
        mov [result + 32], rbp
        mov [result + 40], rsi
        mov [result + 48], rdi
        mov rax, cr2
        mov [result + 56], rax
        mov rax, dr6
        mov [result + 64], rax
        mov rax, cr8
        mov [result + 72], rax
        xor ebx, ebx
        mov edx, 0x4400         ; of the VMCS that is current now
        vmread rbx, rdx
        mov [result + 104], rbx
        vmptrst [result + 112]
        vmptrld [vmcspointer]
        mov rbx, [result + 24]
        mov rdx, [result + 16]
        mov ax, KDATA
        mov ds, ax
        mov es, ax
        cld
        xor eax, eax
        mov cr8, rax
        call unblock
        mov eax, [interrupts]
        mov [result + 80], eax
        mov eax, [fault]
        mov [result + 88], eax
        mov rax, [flags]
        and eax, 0x8D5
        mov [result + 96], rax
        mov [general + 8], rcx  ; what the guest has it keeps
        mov rax, [result]
        mov [general], rax
        mov rax, [result + 16]
        mov [general + 16], rax
        mov rax, [result + 24]
        mov [general + 24], rax
        mov [general + 32], rbp
        mov rax, [result + 40]
        mov [general + 40], rax
        mov rax, [result + 48]
        mov [general + 48], rax
        call line
        ret

; What still waits is taken; nothing stays in service; NMIs are let in.
unblock:
        mov rax, rsp
        push KDATA
        push rax
        push 0x202
        push KCODE64
        push .open
        iretq
.open:  nop
        nop
        cli
        mov ebx, APIC
        mov dword [rbx + 0xB0], 0
        mov dword [rbx + 0xB0], 0
        ret

line:   mov rsi, [fieldlist]
        mov edi, VALUES
        mov ecx, [fieldcount]
.field: lodsd
        mov ebx, eax
        vmread rdx, rbx
        cmp rdx, [rdi]
        je .equal
        call hex
        mov al, '='
        call put
        mov rax, rdx
        call hex
        mov al, ' '
        call put
.equal: add rdi, 8
        loop .field
        mov esi, result
        mov edi, names
        mov ecx, 15
.value: cmp qword [rsi], 0
        je .none
        mov al, [rdi]
        call put
        mov al, [rdi + 1]
        call put
        mov al, [rdi + 2]
        call put
        mov al, '='
        call put
        mov rax, [rsi]
        call hex
        mov al, ' '
        call put
.none:  add esi, 8
        add edi, 3
        loop .value
        mov esi, WORK
        mov edi, BEFORE
        mov ecx, LENGTH / 4
        mov ebx, MOST
.compare:
        repe cmpsd
        je .same
        mov al, '['
        call put
        lea eax, [rsi - 4]
        call hex
        mov al, ']'
        call put
        mov al, '='
        call put
        mov eax, [rsi - 4]
        call hex
        mov al, ' '
        call put
        dec ebx
        jz .same
        test ecx, ecx
        jnz .compare
.same:  mov al, ';'
        call put
        ret

; The hypervisor's own events. A fault ends the case's code; where none runs, it ends all.
handler:
        cmp byte [rsp], 2
        je .interrupt
        cmp byte [rsp], 31
        ja .interrupt
        pop rax
        or eax, 0x100
        mov [fault], eax
        cmp byte [guarded], 0
        je .lost
        mov rsp, [faultstack]
        jmp faulted
.lost:  call hex
        mov al, '!'
        call put
        jmp end
.interrupt:
        add rsp, 8
        push rbx
        mov ebx, APIC
        inc dword [interrupts]
        mov dword [rbx + 0xB0], 0
        pop rbx
        iretq

; Prints RAX without leading zeros. Keeps all but RAX.
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
        mov dx, 0x8900          ; ends Bochs
        mov esi, goodbye
        mov ecx, 8
        rep outsb
        cli
        hlt

goodbye: db "Shutdown"
names:  db "raxrcxrdxrbxrbprsirdicr2dr6cr8intexcflgerrcur"

        align 8
gdt:    dq 0
        dq 0x00CF9B000000FFFF
        dq 0x00CF93000000FFFF
        dq 0x00AF9B000000FFFF
        dw 0x67, TSS & 0xFFFF, 0x8900 | TSS >> 16, 0, 0, 0, 0, 0
gdtr:   dw 0x2F
        dd gdt
        align 8
idtr:   dw 0xFFF
        dq IDT
        align 8
regionpointer: dq REGION
vmcspointer: dq VMCS
current: dq 0
base:   dq 0
fieldlist: dq 0
faultstack: dq 0
fieldcount: dd 0
revision: dd 0
ways:   dd 0
guarded: dd 0
fault:  dd 0
interrupts: dd 0
flags:  dq 0
general: dq 0, 0, 0, 0, 0, 0, 0, 0
result: dq 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

; The host's fields, but those that are as they are now.
hostfields:
        dd 0x0C00, KDATA, 0x0C02, KCODE64, 0x0C04, KDATA, 0x0C06, KDATA, 0x0C08, 0, 0x0C0A, 0, 0x0C0C, TASK
        dd 0x6C02, LEVEL4, 0x6C06, 0, 0x6C08, 0, 0x6C0A, TSS, 0x6C0C, gdt, 0x6C0E, IDT
        dd 0x4C00, 0, 0x6C10, 0, 0x6C12, 0, 0x6C16, exited
hostend:
        align 4
cases:
