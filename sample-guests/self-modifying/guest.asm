; A program that writes its own instructions: the one that comes next, the number in a loop, and a piece of code on its stack.
; Code, variables and stack share one page. To a processor an instruction is what lies in memory when it is fetched; whoever
; runs something else in its place must notice each of these writes.

        org 0x1000
        bits 32

COM1    equ 0x3F8

start:
        mov esp, 0x2000         ; the stack is the end of this page
        mov dx, COM1

; The next instruction.
        mov byte [next + 1], 'B'
;@ milestone next-rewritten
next:   mov al, 'A'             ; B0 41: the second byte is the letter
        out dx, al

; A loop without a register that counts: its count is the number in its first instruction.
;@ milestone loop
count:  mov al, '0'
        out dx, al
        inc byte [count + 1]
        cmp byte [count + 1], '5'
        jne count

; Three instructions on the stack: B0 53 is MOV AL, 'S', C3 is RET, 90 is NOP.
;@ milestone stack
        push 0x90C353B0
        call esp
        out dx, al
;@ milestone back
        mov al, 10
        out dx, al
        hlt                     ; interrupts are off: the end
