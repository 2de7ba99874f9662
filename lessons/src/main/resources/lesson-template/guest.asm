; What the learner is given. A line ";@ milestone NAME" marks the place of the next instruction.

        org 0x1000
        bits 32

start:
        mov esp, 0x8000
        mov dx, 0x3F8           ; the serial port
        mov al, 'A'
;@ milestone before
        out dx, al
;@ milestone after
        cli
        hlt
