; A boot sector that switches to protected and long mode.
%include "ports.inc"
        bits 16
        org 0x7c00
start:  cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, start
        mov si, hello
        call print
        in al, 0x92
        or al, 2
        out 0x92, al
        lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword 8:protected
print:
.next:  lodsb
        test al, al
        jz .done
        SEND al
        jmp .next
.done:  ret
hello   db 'boot', 13, 10, 0
        align 8
gdt:    dq 0
        dq 0x00cf9a000000ffff, 0x00cf92000000ffff
        dq 0x00af9a000000ffff
gdtr:   dw $ - gdt - 1
        dd gdt
        bits 32
protected:
        mov ax, 16
        mov ds, ax
        mov ss, ax
        mov esp, 0x9000
        mov edi, 0x70000
        mov cr3, edi
        xor eax, eax
        mov ecx, 4096
        rep stosd
        mov edi, cr3
        mov dword [edi], 0x71003
        mov dword [edi+0x1000], 0x72003
        mov dword [edi+0x2000], 0x83
        mov eax, cr4
        or eax, 1 << 5
        mov cr4, eax
        mov ecx, 0xc0000080
        rdmsr
        bts eax, 8
        wrmsr
        mov eax, cr0
        bts eax, 31
        mov cr0, eax
        jmp 24:long_mode
        bits 64
        default rel
long_mode: mov rsp, 0x9000
        lea rsi, [table]
        mov rax, [table]
        mov rax, [abs table]
        mov rbx, table
        call [table+8]
        mov rcx, 0x123456789abcdef0
        mov r8d, -1
        movzx r9, byte [rsi+rcx*2]
        cmp qword [rsp+8], 0x7f
        syscall
        o64 sysret
        iretq
        swapgs
.stop:  hlt
        jmp .stop
table:  dq long_mode, protected
        times 510-($-$$) db 0
        dw 0xaa55
        incbin "blob.bin"
        incbin "blob.bin", 2
        incbin "blob.bin", 1, 2
