; A 64-bit kernel and a program: SYSRET, SYSCALL, SWAPGS, a page fault that the kernel skips, and the end.
        org 0x1000
        bits 64
start:  mov rsp, 0x9000
        lgdt [gdtr]
        lidt [idtr]
        mov rax, pf
        mov [0x3000+14*16], ax
        mov word [0x3000+14*16+2], 8
        mov word [0x3000+14*16+4], 0x8E00
        ; user pages: PML4[0], PDPT[0], PD[0..1] user
        or qword [0x70000], 4
        mov rax, [0x70000]
        and rax, ~0xfff
        or qword [rax], 4
        mov rax, [rax]
        and rax, ~0xfff
        or qword [rax+8], 4          ; 2..4 MiB is the program's
        mov rax, cr3
        mov cr3, rax
        mov ax, 0x18
        ltr ax
        mov ecx, 0xC0000080
        rdmsr
        or eax, 1
        wrmsr
        mov ecx, 0xC0000081
        mov edx, 0x00230008
        xor eax, eax
        wrmsr
        mov ecx, 0xC0000082
        mov eax, entry
        xor edx, edx
        wrmsr
        mov ecx, 0xC0000084
        mov eax, 0x200
        wrmsr
        ; copy the program
        mov rsi, program
        mov rdi, 0x200000
        mov rcx, program_end - program
        rep movsb
        mov rcx, 0x200000
        mov r11, 0x202
        mov rsp, 0x208000
        o64 sysret
entry:  swapgs
        mov r15, rsp
        mov rsp, 0x9000
        cmp rax, 1
        je .exit
        mov rdx, 0x3f8
        mov rax, rdi
        out dx, al
        mov rsp, r15
        swapgs
        o64 sysret
.exit:  mov dx, 0x3f8
        mov al, '!'
        out dx, al
        cli
        hlt
pf:     mov dx, 0x3f8
        mov al, 'F'
        out dx, al
        add rsp, 8
        mov rax, cr2
        add qword [rsp], 8
        iretq
program:
        bits 64
        xor eax, eax
        mov edi, 'a'
        syscall
        mov rbx, [abs 0x5000]        ; a kernel page: faults
        nop
        nop
        nop
        nop
        nop
        xor eax, eax
        mov edi, 'b'
        syscall
        mov eax, 1
        syscall
program_end:
        align 8
gdt:    dq 0, 0x00AF9B000000FFFF, 0x00CF93000000FFFF
        dw 0x67, tss, 0x8900, 0, 0, 0, 0, 0       ; 18h
        dq 0x00CFF3000000FFFF                     ; 28h data of programs
        dq 0x00AFFB000000FFFF                     ; 30h code of programs
gdtr:   dw gdtr - gdt - 1
        dq gdt
idt_base equ 0x3000
idtr:   dw 0xfff
        dq idt_base
        align 8
tss:    dd 0
        dq 0x9000
        times 100 db 0
