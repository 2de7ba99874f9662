; Firmware of 64 KiB that copies one sector to 7C00H and jumps there: what a BIOS does, without the rest of it.
        org 0
        bits 16
        incbin "boot.img"
        times 0xff00-($-$$) db 0
copy:   cli
        cld
        mov ax, 0xf000
        mov ds, ax
        xor si, si
        xor ax, ax
        mov es, ax
        mov di, 0x7c00
        mov cx, 256
        rep movsw
        jmp 0:0x7c00
        times 0xfff0-($-$$) db 0
        jmp 0xf000:copy         ; SDM 3A, First Instruction Executed: a reset begins here
        times 0x10000-($-$$) db 0
