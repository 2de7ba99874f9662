; Numbers, strings and operators.
        bits 16
        db 1 + 2 * 3, (1 + 2) * 3, 7 / 2, 7 % 4, -7 // 2, -7 %% 4
        dw 0xff00 >> 4, 1 << 12, ~0x0f & 0xffff, 0x5555 ^ 0xffff, 1 | 6
        db 3 < 4, 3 > 4, 3 <= 3, 3 >= 4, 3 = 3, 3 == 4, 3 != 4, 3 <> 3
        db 1 && 0, 1 || 0, 1 ^^ 1, !5, !0, 5 <=> 3
        dq -1 >> 60, -16 >>> 2, 1 <<< 40
        db 10h, 0x10, $10, 0h10, 16d, 0d16, 20o, 20q, 0o20, 10000b, 0b1_0000, 10000y
        dd 0xdead_beef, 'abcd', 'ab', "x"
        dw 'ab', 'abc', `a\tb\n\x00\101\u263a`
        db 'single', "double", `back\`quote`, "it's", 'say "hi"', ''
        dd 1.0, -2.5, 1.e3, 0.1, 1e10, 25e-1
        dq 1.0, 3.141592653589793, 1e10, 1E-3, -2_0e+1
val     equ 5 * (3 + 4) - 1
        dw val, -val, val ? 1 : 2, 0 ? 1 : 2
        mov ax, 'a'
        mov al, 'a' | 0x20
        mov cx, val * 2
        mov byte [bx + val - 34], -1
%define f(x, y) (x) * 10 + (y)
%define g(x) f(x, x + 1)
        db f(1, 2), g(3)
%define empty
        db 1 empty
%xdefine later g(2)
%define g(x) 99
        db later, g(1)
%idefine MixedCase 7
        db mixedcase, MIXEDCASE
