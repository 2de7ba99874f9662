; Two lines for the serial port, as any PC prints them: the first byte by byte, each after a look at the line's status; the second by one repeated
; instruction. This code does not know who has the port. In mode xen-hvm it is code too, in domain 0: device-model.asm.

        org 0x1000
        bits 32

;@ dom0 device-model.asm

COM1            equ 0x3F8
LINE_STATUS     equ COM1 + 5
EMPTY           equ 1 << 5      ; the transmitter takes a byte

start:
        mov esi, first
        mov ecx, first_length
.next:
        mov dx, LINE_STATUS
.wait:
        in al, dx
        test al, EMPTY
        jz .wait
        lodsb
        mov dx, COM1
        out dx, al
        dec ecx
        jnz .next
;@ milestone byte-by-byte
        mov esi, second
        mov ecx, second_length
        rep outsb               ; the device model finds the text in this guest's memory
;@ milestone in-one-piece
        cli
        hlt

first:          db "a byte, a request", 10
first_length    equ $ - first
second:         db "all of this is one request", 10
second_length   equ $ - second
