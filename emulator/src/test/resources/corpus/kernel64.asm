; A small 64-bit kernel with three sections.
[bits 64]
[default rel]
[org 0x200000]
section .text
global _start
_start:
    mov rsp, stack_top
    lea rdi, [msg]
    mov rsi, [msglen]
    mov rax, cr4
    or rax, 1 << 9
    mov cr4, rax
    mov qword [counter], 0
    inc qword [counter]
    mov ecx, 0xC0000080
    rdmsr
    or eax, 1
    wrmsr
    cmp byte [rdi], 0
    je .done
    cmove rax, rbx
    setne al
    jnae .done
    push qword [counter]
    pop qword [rsp+8]
    xor r8, r8
    mov r9b, 5
    mov [rdi+r8*8], r9w
    shr rax, 12
    and rax, ~0xfff
    mov rax, ~0
    sub rsp, 128
    sub rsp, -128
    add rsp, 0x80
    mov rdx, 0x8000000000000000
    mov edx, 0x80000000
    mov rdx, 0x80000000
    mov rdx, -0x80000000
    test rax, 0xffffffff80000000
    imul rax, rbx, -5
    bt rax, 63
    lock cmpxchg [counter], rbx
    lock xadd [counter], rax
    xchg [counter], rax
    lea rbx, [table]
    jmp [rbx + rax*8]
    call [rel table]
    syscall
    o64 sysret
.done:
    cli
    hlt
    jmp .done
section .data align=16
msg: db "hi", 0
align 8
msglen: dq $ - msg
table: dq _start, _start.done
counter: dq 0
section .bss
align 16
resb 16
stack: resq 512
stack_top:
