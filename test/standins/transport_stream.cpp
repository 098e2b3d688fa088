#include "transport_stream.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace standin {
namespace {

constexpr std::size_t packet_bytes = 188;
constexpr int program_map_pid = 0x1000;
constexpr int video_pid = 0x100;
constexpr int null_pid = 0x1fff;
constexpr std::int64_t null_packets_in_frame = 37;  // 200 kB/s in all
constexpr std::int64_t ticks_per_frame = 90'000 / frames_per_second;

// One intra-coded picture of MPEG-1 video with its sequence and group headers.
constexpr std::array<unsigned char, 37> picture = {
    0x00, 0x00, 0x01, 0xb3, 0x01, 0x00, 0x10, 0x13, 0xff, 0xff, 0xe0, 0x18, 0x00,
    0x00, 0x01, 0xb8, 0x00, 0x08, 0x00, 0x40, 0x00, 0x00, 0x01, 0x00, 0x00, 0x0f,
    0xff, 0xf8, 0x00, 0x00, 0x01, 0x01, 0x13, 0x5a, 0x52, 0x91, 0x10};

void append(std::string& bytes, std::int64_t value, int count) {
    for (int shift = 8 * (count - 1); shift >= 0; shift -= 8)
        bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> shift & 0xffU);
}

std::string head_of_packet(int pid, bool begins_unit, int adaptation, std::int64_t counter) {
    std::string packet = "G";
    append(packet, pid | (begins_unit ? 0x4000 : 0), 2);
    append(packet, adaptation << 4 | (counter & 0xf), 1);
    return packet;
}

std::string filled(std::string packet) {
    packet.resize(packet_bytes, '\xff');
    return packet;
}

std::uint32_t checksum(std::string_view bytes) {
    std::uint32_t sum = 0xffffffffU;
    for (const char byte : bytes) {
        sum ^= static_cast<std::uint32_t>(static_cast<unsigned char>(byte)) << 24U;
        for (int bit = 0; bit < 8; ++bit)
            sum = sum << 1U ^ ((sum & 0x80000000U) != 0 ? 0x04c11db7U : 0U);
    }
    return sum;
}

// A packet with one table of a program or of its streams.
std::string table(int pid, int id, std::string_view content, std::int64_t counter) {
    std::string section;
    append(section, id, 1);
    append(section, 0xb000 | static_cast<std::int64_t>(content.size() + 9), 2);
    append(section, 1, 2);         // of the transport stream, or of the program
    append(section, 0xc10000, 3);  // version 0, current, the only section
    section += content;
    append(section, checksum(section), 4);
    return filled(head_of_packet(pid, true, 1, counter) + '\0' + section);
}

std::string program_association(std::int64_t counter) {
    std::string content;
    append(content, 1, 2);
    append(content, 0xe000 | program_map_pid, 2);
    return table(0, 0, content, counter);
}

std::string program_map(std::int64_t counter) {
    std::string content;
    append(content, 0xe000 | video_pid, 2);  // has the clock
    append(content, 0xf000, 2);
    append(content, 1, 1);  // MPEG-1 video
    append(content, 0xe000 | video_pid, 2);
    append(content, 0xf000, 2);
    return table(program_map_pid, 2, content, counter);
}

// The picture, to be shown half a second after the clock that its packet carries.
std::string video(std::int64_t frame) {
    const std::int64_t clock = frame * ticks_per_frame;
    const std::int64_t shown_at = clock + 45'000;
    std::string unit;
    append(unit, 0x1e0, 4);
    append(unit, 8 + static_cast<std::int64_t>(picture.size()), 2);
    append(unit, 0x808005, 3);
    append(unit, 0x21 | (shown_at >> 30 & 7) << 1, 1);
    append(unit, 1 | (shown_at >> 15 & 0x7fff) << 1, 2);
    append(unit, 1 | (shown_at & 0x7fff) << 1, 2);
    unit.append(picture.begin(), picture.end());

    std::string packet = head_of_packet(video_pid, true, 3, frame);
    append(packet, static_cast<std::int64_t>(packet_bytes - packet.size() - 1 - unit.size()), 1);
    append(packet, 0x50, 1);  // a place to start, with a clock
    append(packet, clock << 15 | 0x7e00, 6);
    packet.resize(packet_bytes - unit.size(), '\xff');
    return packet + unit;
}

std::string numbered(std::int64_t number) {
    std::string packet = head_of_packet(null_pid, false, 1, 0);
    append(packet, number, 8);
    return filled(packet);
}

}  // namespace

std::string frames(std::int64_t first, std::int64_t count) {
    std::string bytes;
    for (std::int64_t frame = first; frame < first + count; ++frame) {
        bytes += program_association(frame) + program_map(frame) + video(frame);
        for (std::int64_t i = 0; i < null_packets_in_frame; ++i)
            bytes += numbered(frame * null_packets_in_frame + i);
    }
    return bytes;
}

}  // namespace standin
