; What the learner builds.

        org 0x1000
        bits 32

start:
        mov esp, 0x8000
        mov dx, 0x3F8           ; the serial port
        mov al, 'A'
;@ milestone before
        out dx, al
;@ milestone after
        mov al, 'B'
        out dx, al
        cli
        hlt
