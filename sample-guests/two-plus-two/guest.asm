; Adds two and two in real mode, writes the digit and a newline to the serial port, and halts.
; Three of its nine instructions talk to the outside: the two OUTs and the HLT.

        org 0x1000
        bits 16

start:
        mov al, 2
        mov bl, 2
        add al, bl              ; ordinary arithmetic: runs on the processor in every mode
;@ milestone added
        add al, '0'             ; 4 becomes the character '4'
        mov dx, 0x3F8           ; the data register of COM1
        out dx, al              ; somebody must stand behind this port
        mov al, 10              ; newline
        out dx, al
;@ milestone printed
        hlt                     ; interrupts are off, so nothing will ever wake it
