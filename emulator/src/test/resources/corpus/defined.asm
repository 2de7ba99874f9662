; Lines that macros from outside choose: NASM's option -D.
%ifdef PORT
        bits 64
        mov rax, rbx
%else
        bits 16
        mov ax, bx
%endif
%ifndef SIZE
        %define SIZE 1
%endif
        times 2 * SIZE db SIZE
%if SIZE > 3
        dq SIZE
%elifdef PORT
        dw 7
%endif
PORTED equ SIZE + 1
        db PORTED
