; A boot sector as tutorials write it.
cpu 386
bits 16
org 0x7c00
%define VIDEO 0xb800
%macro puts 1
  push si
  mov si, %1
  call print_string
  pop si
%endmacro
%macro saveregs 1-*
 %rep %0
  push %1
 %rotate 1
 %endrep
%endmacro
%macro restregs 1-*
 %rep %0
 %rotate -1
  pop %1
 %endrep
%endmacro
jmp short start
nop
db "MYOS    "
bytes_per_sector: dw 512
label1: equ 5
start:
  saveregs ax, bx, cx
  restregs ax, bx, cx
  puts hello
  mov word [es:0], 5
  mov ax, [es:di+2]
  jmp short $+2
  jmp $+5
  call near [bx]
  lgdt [cs:gdtr]
  mov eax, [ebx + ecx * 4 - 4]
  cmp word [bp-2], -1
  test byte [hello], 1
  xchg bx,[si]
  imul ax, bx
  bt [si], ax
  call 0x0000:0x7e00
  jmp far [bx]
  mov ax, VIDEO
  mov es, ax
  mov byte [es:0], 'A'
  mov dx, 0x1f7
.wait: in al, dx
  test al, 8
  jz .wait
  mov cx, 256
  rep insw
  int 0x13
  jc error
  jmp 0x0000:0x8000
error: hlt
  jmp error
print_string:
  pusha
.loop: lodsb
  or al, al
  jz .end
  mov ah, 0x0e
  mov bx, 7
  int 0x10
  jmp .loop
.end: popa
  ret
hello: db "Hello", 0Dh, 0Ah, 0
gdtr: dw 0
 dd 0
%assign PAD 510-($-$$)
%if PAD < 0
%error too long
%endif
times PAD db 0
db 0x55, 0xAA
struc point
 .x: resw 1
 .y: resw 1
endstruc
p: istruc point
  at .x, dw 1
  at point.y, dw 2
iend
mov ax, [p + point.y]
mov bx, point_size
