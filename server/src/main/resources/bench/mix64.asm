; A mix of what compilers make, in 64-bit mode: calls, stack, memory, multiplication, conditional moves, short copies. ITERATIONS rounds.
%include "end.inc"
        org 0x7c00
        bits 16
start:  cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        in al, 0x92             ; A20 on, where somebody has it off
        or al, 2
        and al, 0xfe
        out 0x92, al
        ; The first 2 MiB onto themselves: tables at 9000H, a large page.
        mov edi, 0x9000
        xor eax, eax
        mov cx, 0x3000/4
        cld
        rep stosd
        mov dword [0x9000], 0xa003
        mov dword [0xa000], 0xb003
        mov dword [0xb000], 0x83
        mov eax, 0x9000
        mov cr3, eax
        mov eax, 0x20
        mov cr4, eax
        mov ecx, 0xc0000080
        rdmsr
        or ax, 0x100
        wrmsr
        lgdt [table]
        mov eax, cr0
        or eax, 0x80000001
        mov cr0, eax
        jmp 0x08:wide
        bits 64
wide:   mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov rsp, 0x80000
        mov r12, ITERATIONS
        mov rbx, 0x90000
        xor r8, r8
        mov r9, 0x123456789abcdef
round:  mov rdi, r8
        mov rsi, r9
        call mixture
        mov [rbx+r8*8], rax
        add r8, 1
        and r8, 255
        movzx edx, byte [rbx+r8*8]
        add r9, rdx
        cmp rdx, 128
        cmova rax, r9
        xor r9, rax
        test r8, 15
        jnz .on
        mov rsi, rbx
        lea rdi, [rbx+4096]
        mov ecx, 4
        rep movsq
.on:    dec r12
        jnz round
        finish
mixture:
        push rbp
        mov rbp, rsp
        push rbx
        imul rax, rdi, 31
        lea rbx, [rsi+rax*2+1]
        shr rsi, 7
        xor rbx, rsi
        sub rbx, rdi
        sar rax, 1
        add rax, rbx
        pop rbx
        pop rbp
        ret
        align 8
descriptors:
        dq 0
        dq 0x00209a0000000000
        dq 0x0000920000000000
table:  dw 23
        dd descriptors
        times 510-($-$$) db 0
        dw 0xaa55
