; The same text twice: first through the serial port, a byte and an OUT at a time, then through a virtio console, a whole buffer
; with one ring of its bell. The serial port was made for a wire; the virtio console was made for virtual machines, where memory is shared
; and leaving the guest is dear.

        org 0x1000
        bits 32

COM1            equ 0x3F8

VIRTIO          equ 0xD0000000  ; the registers of the console
MAGIC_VALUE     equ 0x000
VERSION         equ 0x004
DEVICE_ID       equ 0x008
DRIVER_FEATURES equ 0x020
DRIVER_SELECT   equ 0x024
QUEUE_SELECT    equ 0x030
QUEUE_NUMBER    equ 0x038
QUEUE_READY     equ 0x044
QUEUE_NOTIFY    equ 0x050
STATUS          equ 0x070
QUEUE_DESC      equ 0x080
QUEUE_DRIVER    equ 0x090
QUEUE_DEVICE    equ 0x0A0

ACKNOWLEDGE     equ 1
DRIVER          equ 2
DRIVER_OK       equ 4
FEATURES_OK     equ 8

CONSOLE         equ 3
TRANSMIT        equ 1           ; queue 0 receives
SIZE            equ 8

; The queue, in a page of its own that is all zeros at first. Nothing of it is special: it is plain memory.
descriptors     equ 0x2000      ; a descriptor: address (8 bytes), length (4), flags (2), number of a further one (2)
available       equ 0x2080      ; the driver's ring: flags, index of the next entry, entries with the number of a descriptor
used            equ 0x2098      ; the device's ring: flags, index of the next entry, entries of two words

start:
; The serial port: its data register takes a byte.
        mov esi, text
        mov ecx, text_length
        mov dx, COM1
.send:
        lodsb
        out dx, al              ; somebody is asked, for every byte
        dec ecx
        jnz .send
;@ milestone sent-by-ports

; The virtio console: is it there?
        mov ebx, VIRTIO
        cmp dword [ebx + MAGIC_VALUE], "virt"
        jne .end
        cmp dword [ebx + VERSION], 2
        jne .end
        cmp dword [ebx + DEVICE_ID], CONSOLE
        jne .end

; What a driver tells its device, once: pairs of a register and a value.
        mov esi, setup
        mov ecx, setup_length
.tell:
        lodsd
        mov edx, eax
        lodsd
        mov [ebx + edx], eax    ; nothing lies there but the device: this leaves, too
        dec ecx
        jnz .tell
;@ milestone virtio-ready

; The text, in one piece: the descriptor says where it is, the available ring offers that descriptor, the bell says "look".
        mov dword [descriptors], text
        mov dword [descriptors + 8], text_length
        inc word [available + 2]        ; its entry 0 names descriptor 0
        mov dword [ebx + QUEUE_NOTIFY], TRANSMIT
;@ milestone sent-by-virtio
.wait:
        cmp word [used + 2], 1  ; the device has given the buffer back
        jne .wait
.end:
        hlt                     ; interrupts are off: the end

setup:
        dd STATUS, 0                                                    ; reset
        dd STATUS, ACKNOWLEDGE
        dd STATUS, ACKNOWLEDGE | DRIVER
        dd DRIVER_SELECT, 1                                             ; bits 32 to 63:
        dd DRIVER_FEATURES, 1                                           ; VIRTIO_F_VERSION_1, and nothing else
        dd STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK
        dd QUEUE_SELECT, TRANSMIT
        dd QUEUE_NUMBER, SIZE
        dd QUEUE_DESC, descriptors
        dd QUEUE_DRIVER, available
        dd QUEUE_DEVICE, used
        dd QUEUE_READY, 1
        dd STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK
setup_length    equ ($ - setup) / 8

text:
        db "By ports each byte of this line leaves; by a queue, all at once", 10
text_length     equ $ - text
