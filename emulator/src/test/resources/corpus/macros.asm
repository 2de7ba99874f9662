bits 32
org 0x100000
%define PORT 0x3f8
%define SUM(a,b) ((a)+(b))
%define A1 x
%define cat(a,b) a %+ b
%xdefine NOW PORT
%assign N 0
%macro out_char 1
    mov dx, PORT
    mov al, %1
    out dx, al
%endmacro
%macro print 1-*
  %rep %0
    out_char %1
    %rotate 1
  %endrep
%endmacro
%macro wait_ready 0
%%again:
    in al, dx
    test al, 0x20
    jz %%again
%endmacro
%macro withdef 2-3 7
   mov eax, %1
   mov ebx, %2
   mov ecx, %3
%endmacro
%macro greedy 1+
   db %1
%endmacro
%macro lab 1
%1_start:
   nop
.inner_%1:
   jmp %1_start
label%1:
%endmacro
%macro idt 2
   dw (%1) & 0xffff, 8
   db 0, 0x8e
   dw (%1) >> 16
%endmacro
%macro retcc 1
   j%-1 %%skip
   ret
%%skip:
%endmacro
%imacro MixedCase 0
   nop
%endmacro
start:
    print 'a','b',10
    wait_ready
    withdef 1,2
    withdef 1,2,3
    greedy 1,2,'abc',0
    lab foo
    lab bar
    mixedcase
    retcc z
    retcc ae
    jmp foo_start
    mov eax, SUM(3, 4*2)
    cat(mo,v) eax, NOW
%rep 5
    db N
  %assign N N+1
  %if N == 3
    %exitrep
  %endif
%endrep
%ifdef PORT
    db 1
%else
    db 2
%endif
%ifndef PORT
    db 3
%elif N > 2
    db 4
%else
    db 5
%endif
%ifidn abc, abc
    db 6
%endif
%ifidni abc, ABC
    db 7
%endif
%ifnidn abc, ABC
    db 8
%endif
%ifnum 5
 db 9
%endif
%ifstr 'x'
 db 10
%endif
%ifid foo
 db 11
%endif
%ifmacro print 1
 db 12
%endif
%strlen LEN 'hello'
 db LEN
%substr SUB 'hello' 2,3
 db SUB
%strcat CAT 'ab','cd'
 db CAT
%defstr DS one two
 db DS
%undef PORT
%ifndef PORT
 db 13
%endif
section .data
msg db 'Hello, world', 13, 10, 0
len equ $ - msg
 align 8
tab: times 4 dd tab + len*2
gdt: dq 0
 .code: dw 0xffff, 0
  db 0, 10011010b, 11001111b, 0
 .end:
gdtr: dw gdt.end - gdt - 1
      dd gdt
section .bss
alignb 16
stack: resb 4096
.top:
section .text
 mov esp, stack.top
 lgdt [gdtr]
 jmp 8:next
next:
 mov esi, msg
 mov ecx, len
 rep movsb
 call far [ptr16]
 call proc
.loop: loop .loop
proc:
.loop: dec ecx
 jnz .loop
 jmp start.x
ptr16: dd next
 dw 8
.nothere equ 5
 mov eax, ptr16.nothere
 hlt
start.x:
%push ctx
%$loop: dec eax
 jnz %$loop
%pop
%if 0
 garbage here % $ ( 
%rep
%macro x
%endmacro
%endrep
%elif 0
%else
 nop
%endif
[bits 16]
 mov ax, bx
[section .data]
 db 'end'
