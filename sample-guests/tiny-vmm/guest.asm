; A hypervisor of a hundred and fifty instructions, on Intel's VMX. It asks CPUID for VMX, enters VMX operation, describes a guest in a
; VMCS, and answers what leaves that guest, until it halts. Prints the letter of each exit: C for CPUID, I for a port, V for VMCALL, H for
; HLT.

        org 0x1000
        bits 32

;@ cpu vmx

COM1                    equ 0x3F8
IA32_FEATURE_CONTROL    equ 0x3A
IA32_VMX_BASIC          equ 0x480

; Pages.
DIRECTORY       equ 0x20000     ; the hypervisor's own paging, which VMX operation asks for
VMXON_REGION    equ 0x21000
VMCS            equ 0x22000
EPT_LEVEL_4     equ 0x23000     ; from the guest's physical addresses to the machine's
EPT_POINTERS    equ 0x24000
EPT_DIRECTORY   equ 0x25000

; Fields of the VMCS that are read or written on the way.
INSTRUCTION_ERROR       equ 0x4400
EXIT_REASON             equ 0x4402
INSTRUCTION_LENGTH      equ 0x440C
GUEST_RIP               equ 0x681E

EXIT_CPUID      equ 10
EXIT_HLT        equ 12
EXIT_VMCALL     equ 18
EXIT_IO         equ 30

start:
        mov esp, 0x8000
        mov eax, 1
        cpuid
        test ecx, 1 << 5
        jz no_vmx
;@ milestone vmx-found

; Firmware may have locked VMX in or out; where it has not, it is let in.
        mov ecx, IA32_FEATURE_CONTROL
        rdmsr
        test eax, 1
        jnz .locked
        or eax, 1 << 2 | 1
        wrmsr
.locked:
        test eax, 1 << 2
        jz no_vmx

; VMX operation wants CR0.PG, PE and NE, and CR4.VMXE.
        mov dword [DIRECTORY], 0x83                     ; the first 4 MiB, as they are
        mov eax, DIRECTORY
        mov cr3, eax
        mov eax, 1 << 13 | 1 << 4                       ; VMXE, and PSE for that page
        mov cr4, eax
        mov eax, cr0
        or eax, 1 << 31 | 1 << 5
        mov cr0, eax

        mov ecx, IA32_VMX_BASIC
        rdmsr                                           ; EAX: how this processor names its VMCS format
        mov [VMXON_REGION], eax
        mov [VMCS], eax
        vmxon [vmxon_pointer]
        jbe failed
        vmclear [vmcs_pointer]
        jbe failed
        vmptrld [vmcs_pointer]
        jbe failed
;@ milestone vmx-operation

; Extended page tables: the guest has the first 2 MiB, as they are.
        mov dword [EPT_LEVEL_4], EPT_POINTERS | 7       ; read, write, execute
        mov dword [EPT_POINTERS], EPT_DIRECTORY | 7
        mov dword [EPT_DIRECTORY], 1 << 7 | 6 << 3 | 7  ; a large page, write-back

; The controls: what this hypervisor wants, with the bits that the processor wants as 1.
        mov esi, controls
.control:
        mov ecx, [esi]
        rdmsr
        or eax, [esi + 4]
        mov edx, [esi + 8]
        vmwrite edx, eax
        jbe failed
        add esi, 12
        cmp esi, controls_end
        jb .control

; All other fields, from a list; and those of the host that are as they are now.
        mov esi, fields
.field:
        mov edx, [esi]
        vmwrite edx, [esi + 4]
        jbe failed
        add esi, 8
        cmp esi, fields_end
        jb .field
        mov eax, cr0
        mov edx, 0x6C00
        vmwrite edx, eax
        mov eax, cr3
        mov edx, 0x6C02
        vmwrite edx, eax
        mov eax, cr4
        mov edx, 0x6C04
        vmwrite edx, eax

        xor eax, eax
        vmlaunch                                        ; where it succeeds, the guest goes on, and later the host at exit
        jmp failed

; What leaves has not been performed; the hypervisor does that, and moves the guest's RIP behind it. The general registers are the guest's.
exit:
;@ milestone exit
        pushad
        mov edx, EXIT_REASON
        vmread ecx, edx
        cmp ecx, EXIT_CPUID
        je .cpuid
        cmp ecx, EXIT_IO
        je .port
        cmp ecx, EXIT_VMCALL
        je .call
        cmp ecx, EXIT_HLT
        je .halt
        mov al, '?'
        call print
        jmp finish

.cpuid:
        mov al, 'C'
        call print
        mov dword [esp + 28], 'a'                       ; the guest's EAX: what it asked for
        jmp .resume

.port:
        mov al, 'I'
        call print
        mov al, [esp + 28]                              ; the guest's letter goes out
        call print
        jmp .resume

.call:
        mov al, 'V'
        call print

.resume:
        mov edx, INSTRUCTION_LENGTH
        vmread ecx, edx
        mov edx, GUEST_RIP
        vmread eax, edx
        add eax, ecx
        vmwrite edx, eax
        popad
        vmresume
        jmp failed

.halt:
        mov al, 'H'
        call print
        jmp finish

; An instruction of VMX has failed: its number, as a letter.
failed:
        mov edx, INSTRUCTION_ERROR
        vmread eax, edx
        add al, '@'
        call print
        jmp finish

no_vmx:
        mov esi, no_vmx_text
.next:
        lodsb
        test al, al
        jz finish
        call print
        jmp .next

finish:
        mov al, 10
        call print
        cli
        hlt

; Writes AL to COM1.
print:
        push edx
        mov dx, COM1
        out dx, al
        pop edx
        ret

no_vmx_text:
        db "no VMX", 0

        align 8
vmxon_pointer:
        dq VMXON_REGION
vmcs_pointer:
        dq VMCS

; The capability register, the bits wanted, the field.
controls:
        dd 0x481, 0, 0x4000                             ; pin-based
        dd 0x482, 1 << 7 | 1 << 24 | 1 << 31, 0x4002    ; HLT, ports, and the next
        dd 0x48B, 1 << 1 | 1 << 7, 0x401E               ; extended page tables, a guest without paging
        dd 0x483, 0, 0x400C                             ; at exits
        dd 0x484, 0, 0x4012                             ; at entries
controls_end:

; A field, its value.
fields:
        dd 0x4004, 0                                    ; exceptions are the guest's own
        dd 0x201A, EPT_LEVEL_4 | 3 << 3 | 6             ; tables of four levels, write-back
        dd 0x4016, 0                                    ; no event at entry
        dd 0x2800, -1, 0x2801, -1                       ; no VMCS behind this one
        dd 0x6000, 0, 0x6002, 1 << 13                   ; CR4.VMXE is the host's,
        dd 0x6006, 0                                    ; and the guest sees it as 0
; The guest: real mode, segments at 0, RIP at its first instruction.
        dd 0x0800, 0, 0x0802, 0, 0x0804, 0, 0x0806, 0, 0x0808, 0, 0x080A, 0, 0x080C, 0, 0x080E, 0
        dd 0x6806, 0, 0x6808, 0, 0x680A, 0, 0x680C, 0, 0x680E, 0, 0x6810, 0, 0x6812, 0, 0x6814, 0
        dd 0x4800, 0xFFFF, 0x4802, 0xFFFF, 0x4804, 0xFFFF, 0x4806, 0xFFFF, 0x4808, 0xFFFF, 0x480A, 0xFFFF
        dd 0x480E, 0xFFFF
        dd 0x4814, 0x93, 0x4816, 0x9B, 0x4818, 0x93, 0x481A, 0x93, 0x481C, 0x93, 0x481E, 0x93
        dd 0x4820, 1 << 16, 0x4822, 0x8B                ; LDTR cannot be used, TR is of a busy TSS
        dd 0x6816, 0, 0x4810, 0, 0x6818, 0, 0x4812, 0x3FF
        dd 0x6800, 1 << 5 | 1 << 4                      ; CR0: NE and ET
        dd 0x6802, 0, 0x6804, 1 << 13                   ; CR3, CR4
        dd 0x681A, 0x400, 0x6820, 2                     ; DR7, RFLAGS
        dd GUEST_RIP, guest, 0x681C, 0x7000             ; RIP, RSP
        dd 0x4824, 0, 0x4826, 0, 0x6822, 0              ; nothing blocks, it is active, no debug trap waits
        dd 0x482A, 0, 0x6824, 0, 0x6826, 0              ; SYSENTER
; The host.
        dd 0x0C00, 0x10, 0x0C02, 8, 0x0C04, 0x10, 0x0C06, 0x10, 0x0C08, 0x10, 0x0C0A, 0x10, 0x0C0C, 0x18
        dd 0x6C06, 0, 0x6C08, 0, 0x6C0A, 0, 0x6C0C, 0, 0x6C0E, 0
        dd 0x4C00, 0, 0x6C10, 0, 0x6C12, 0
        dd 0x6C14, 0x8000, 0x6C16, exit                 ; RSP, RIP
fields_end:

; The guest. It knows nothing of all this.
        bits 16
guest:
;@ milestone guest
        xor eax, eax
        cpuid                   ; the hypervisor answers 'a'
        mov dx, COM1
        out dx, al
        vmcall
        inc al
        out dx, al
        hlt
