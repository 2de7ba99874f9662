; Macros that define, repeat and overload.
bits 32
%macro multipush 1-*
%rep %0
push %1
%rotate 1
%endrep
%endmacro
%define BIT(n) (1 << (n))
%define REG(base, off) dword [base + off]
%define STR(x) `x`
%macro case 2
 cmp eax, %1
 je %2
%endmacro
%macro opt 1-2 ecx
 mov eax, %1
 mov ebx, %2
%endmacro
%macro opt 3
 mov eax, %1
 add eax, %2
 add eax, %3
%endmacro
%macro outer 1
 %macro inner_%1 1
   mov eax, %1
 %endmacro
%endmacro
outer 5
inner_5 7
opt 1
opt 1, 2
opt 1, 2, 3
multipush eax, ebx
case 5, here
mov eax, BIT(3) | BIT(4)
mov REG(ebx, 8), 5
here: mov REG(ebx, ecx*4), eax
%assign n 1
%rep 4
 dd n, n*n
 %assign n n*2
%endrep
%ifdef FOO
%elifdef BAR
%else
 nop
%endif
%macro loopn 2
%push loopn
%$top:
  %2
  dec %1
  jnz %$top
%pop
%endmacro
loopn ecx, {mov eax,[ebx]}
loopn edx, nop
%macro retz 0
  jnz %%skip
  ret
%%skip:
%endmacro
retz
retz
%macro strz 1+
 db %1, 0
%endmacro
strz "hello", 13, 10
%macro prologue 0-1 0
 push ebp
 mov ebp, esp
%if %1 > 0
 sub esp, %1
%endif
%endmacro
prologue
prologue 16
%xdefine CUR $
dd CUR
dd $ - $$
x equ 5
y equ x*2
dd y
