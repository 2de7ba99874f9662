; The boot sector of an exported disk: by the firmware's INT 13H and INT 15H it brings what follows it on the disk into memory at STAGING,
; and goes on there in protected mode.

        org 0x7C00
        bits 16
%include "export.inc"                   ; defines SECTORS and STAGING
CHUNK           equ 64                  ; sectors at a time
BUFFER          equ 0x1000              ; paragraph

start:
        cli
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7C00
        cld
        sti
        jmp 0:here
here:
        mov [drive], dl
        mov ax, 0x2401                  ; A20 on
        int 0x15
next:
        mov eax, [left]
        test eax, eax
        jz loaded
        cmp eax, CHUNK
        jbe rest
        mov eax, CHUNK
rest:
        mov [packet+2], ax
        mov si, packet
        mov dl, [drive]
        mov ah, 0x42                    ; extended read
        int 0x13
        jc failed
        mov eax, [target]
        mov [move+0x1A], ax
        shr eax, 16
        mov [move+0x1C], al
        mov [move+0x1F], ah
        mov cx, [packet+2]
        shl cx, 8                       ; words
        mov si, move
        mov ah, 0x87                    ; move to extended memory
        int 0x15
        jc failed
        xor eax, eax
        mov ax, [packet+2]
        add [packet+8], eax
        sub [left], eax
        shl eax, 9
        add [target], eax
        jmp next
failed:
        hlt
        jmp failed
loaded:
        cli
        lgdt [table]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword 0x08:STAGING

left:   dd SECTORS
target: dd STAGING
drive:  db 0
        align 4
packet: dw 16, 0, 0, BUFFER             ; size, sectors, offset and segment of the buffer
        dd 1, 0                         ; the first sector after this one
move:   dq 0, 0                         ; descriptors: null, and this table's own
        dw 0xFFFF, BUFFER << 4 & 0xFFFF ; source
        db BUFFER >> 12, 0x93, 0, 0
        dw 0xFFFF, 0                    ; destination
        db 0, 0x93, 0, 0
        dq 0, 0                         ; the firmware's code and stack
table:  dw gdt_end - gdt - 1
        dd gdt
gdt:    dq 0
        dq 0x00CF9B000000FFFF           ; 08H: code
        dq 0x00CF93000000FFFF           ; 10H: data
gdt_end:
        times 510 - ($ - $$) db 0
        dw 0xAA55
