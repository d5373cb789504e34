// WebTorrent takes undefined for "this machine has no WebRTC".
export const RTCPeerConnection = undefined;
export const RTCSessionDescription = undefined;
export const RTCIceCandidate = undefined;
